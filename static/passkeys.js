/* Passkeys: the browser's part of adding one and of logging in with one (Web Authentication). The forms are hidden
   in the page: no script, no dead button. The server checks everything. */
(function () {
  "use strict";
  if (!window.PublicKeyCredential || !window.fetch) { return; }

  function toBytes(text) {
    var binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(binary, function (letter) { return letter.charCodeAt(0); });
  }

  function toText(buffer) {
    var binary = String.fromCharCode.apply(null, new Uint8Array(buffer));
    return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  function withBytes(options) {
    options.challenge = toBytes(options.challenge);
    if (options.user) { options.user.id = toBytes(options.user.id); }
    ["excludeCredentials", "allowCredentials"].forEach(function (name) {
      (options[name] || []).forEach(function (credential) { credential.id = toBytes(credential.id); });
    });
    return options;
  }

  function asJson(credential) {
    var response = {};
    ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"].forEach(function (name) {
      if (credential.response[name]) { response[name] = toText(credential.response[name]); }
    });
    return JSON.stringify({
      id: credential.id, rawId: toText(credential.rawId), type: credential.type,
      response: response, clientExtensionResults: {}
    });
  }

  function ask(form) {
    var body = new URLSearchParams({ csrf_token: form.elements.csrf_token.value });
    return fetch(form.getAttribute("data-challenge"), { method: "POST", body: body, redirect: "error" })
      .then(function (answer) {
        if (!answer.ok) { throw new Error("challenge"); }
        return answer.json();
      });
  }

  document.querySelectorAll("form[data-challenge]").forEach(function (form) {
    var button = form.querySelector("button");
    var failed = document.getElementById(form.getAttribute("data-failed"));
    form.hidden = false;
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      event.stopImmediatePropagation();
      failed.hidden = true;
      button.setAttribute("aria-disabled", "true");
      ask(form).then(function (answer) {
        if (!form.elements.flow) { return navigator.credentials.get({ publicKey: withBytes(answer) }); }
        form.elements.flow.value = answer.flow;
        return navigator.credentials.create({ publicKey: withBytes(answer.options) });
      }).then(function (credential) {
        form.elements.reponse.value = asJson(credential);
        form.submit();
      }).catch(function () {
        button.removeAttribute("aria-disabled");
        failed.hidden = false;
        failed.focus();
      });
    }, true);
  });
}());

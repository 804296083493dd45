/* Comfort only: what is wrong, and what the application would get, as one types. Saving shows the same. */
(function () {
  "use strict";
  var form = document.getElementById("client-form"), results = document.getElementById("verification");
  if (!window.fetch || !window.DOMParser || !form || !results) { return; }
  var timer, last = 0;

  function ask() {
    var mine = ++last;
    fetch(form.getAttribute("data-check"), {
      method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "error", credentials: "same-origin"
    }).then(function (answer) {
      if (!answer.ok) { throw new Error("answer"); }
      return answer.text();
    }).then(function (text) {
      if (mine !== last) { return; }
      var page = new DOMParser().parseFromString(text, "text/html");
      results.replaceChildren.apply(results, page.getElementById("verification").childNodes);
    }).catch(function () { /* The button still works, and shows what is wrong. */ });
  }

  function changed(field) {
    if (field.options) {
      return Array.prototype.some.call(field.options, function (one) { return one.selected !== one.defaultSelected; });
    }
    return field.checked !== field.defaultChecked || field.value !== field.defaultValue;
  }

  form.addEventListener("input", function () {
    clearTimeout(timer);
    timer = setTimeout(ask, 400);
  });
  // What was typed before this file had come made no event here.
  if (Array.prototype.some.call(form.elements, changed)) { ask(); }
}());

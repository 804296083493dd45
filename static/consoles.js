/* Comfort only: search as one types. The form works without this file; the server answers the same page. */
(function () {
  "use strict";
  if (!window.fetch || !window.DOMParser) { return; }
  document.querySelectorAll("form[data-live]").forEach(function (form) {
    var results = document.getElementById(form.getAttribute("data-live"));
    var timer, last = 0;

    function address() {
      return form.action.split("?")[0] + "?" + new URLSearchParams(new FormData(form)).toString();
    }

    function ask() {
      var mine = ++last, asked = address();
      fetch(asked, { redirect: "error", credentials: "same-origin" }).then(function (answer) {
        if (!answer.ok) { throw new Error("answer"); }
        return answer.text();
      }).then(function (text) {
        if (mine !== last) { return; }
        var page = new DOMParser().parseFromString(text, "text/html");
        results.replaceChildren.apply(results, page.getElementById(results.id).childNodes);
        var link = document.getElementById("exporter");
        if (link) { link.href = page.getElementById("exporter").getAttribute("href"); }
        history.replaceState(null, "", asked);
      }).catch(function () { /* The button still works, and shows what is wrong. */ });
    }

    form.addEventListener("input", function () {
      clearTimeout(timer);
      timer = setTimeout(ask, 250);
    });
    // What was typed before this file had come made no event here.
    var search = form.querySelector("input[type=search]");
    if (search && search.value !== search.defaultValue) { ask(); }
  });
}());

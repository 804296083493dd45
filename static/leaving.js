/* Go on as soon as every service has been told (the page has loaded when its frames have), or after five seconds.
   Without this file, the page goes on by itself. */
(function () {
  "use strict";
  var gone = false;
  function go() {
    if (!gone) {
      gone = true;
      window.location.replace(document.getElementById("continuer").href);
    }
  }
  window.addEventListener("load", go);
  setTimeout(go, 5000);
})();

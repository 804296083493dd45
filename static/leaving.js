/* Go on as soon as every service has been told: the page has loaded when its frames have. Without this file, the page
   goes on by itself after five seconds. */
window.addEventListener("load", function () {
  "use strict";
  window.location.replace(document.getElementById("continuer").href);
});

/* Go on as soon as every service has been told; without this file, the page goes on by itself after five seconds. */
(function () {
  "use strict";
  var frames = document.getElementsByTagName("iframe"), link = document.getElementById("continuer");
  var waits = frames.length, i;
  function told() {
    waits -= 1;
    if (waits === 0) { window.location.replace(link.href); }
  }
  for (i = 0; i < frames.length; i++) {
    frames[i].addEventListener("load", told);
    frames[i].setAttribute("src", frames[i].getAttribute("src"));
  }
})();

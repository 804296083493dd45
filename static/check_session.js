/* OpenID Connect Session Management §3.2: a page of a client asks whether the session is still the one it knows.
   Plain ES5, with its own SHA-256: old engines have neither crypto.subtle nor a secure context over plain http. */
(function () {
  "use strict";
  var name = document.getElementsByTagName("script")[0].getAttribute("data-cookie");

  function rotate(word, bits) {
    return (word >>> bits) | (word << (32 - bits));
  }

  function fraction(root) {
    return ((root - Math.floor(root)) * 4294967296) | 0;
  }

  /* The constants of FIPS 180-4 are parts of roots of the first primes. */
  var state = [], round = [], found = [], number, index;
  for (number = 2; round.length < 64; number++) {
    for (index = 0; index < found.length && number % found[index]; index++) {}
    if (index === found.length) {
      found.push(number);
      if (state.length < 8) { state.push(fraction(Math.pow(number, 1 / 2))); }
      round.push(fraction(Math.pow(number, 1 / 3)));
    }
  }

  function block(hash, words) {
    var w = words.slice(0), h = hash.slice(0), i, s0, s1, first, second;
    for (i = 16; i < 64; i++) {
      s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ (w[i - 15] >>> 3);
      s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ (w[i - 2] >>> 10);
      w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
    }
    for (i = 0; i < 64; i++) {
      s1 = rotate(h[4], 6) ^ rotate(h[4], 11) ^ rotate(h[4], 25);
      first = (h[7] + s1 + ((h[4] & h[5]) ^ (~h[4] & h[6])) + round[i] + w[i]) | 0;
      s0 = rotate(h[0], 2) ^ rotate(h[0], 13) ^ rotate(h[0], 22);
      second = (s0 + ((h[0] & h[1]) ^ (h[0] & h[2]) ^ (h[1] & h[2]))) | 0;
      h = [(first + second) | 0, h[0], h[1], h[2], (h[3] + first) | 0, h[4], h[5], h[6]];
    }
    for (i = 0; i < 8; i++) { h[i] = (h[i] + hash[i]) | 0; }
    return h;
  }

  function sha256(text) {
    var bytes = unescape(encodeURIComponent(text)), words = [], hash = state, hex = "", i;
    for (i = 0; i < bytes.length; i++) { words[i >> 2] |= bytes.charCodeAt(i) << (24 - (i % 4) * 8); }
    words[bytes.length >> 2] |= 0x80 << (24 - (bytes.length % 4) * 8);
    var length = ((bytes.length + 8 >> 6) + 1) * 16;
    words[length - 1] = bytes.length * 8;
    for (i = 0; i < length; i++) { words[i] = words[i] | 0; }
    for (i = 0; i < length; i += 16) { hash = block(hash, words.slice(i, i + 16)); }
    for (i = 0; i < 8; i++) { hex += ("00000000" + (hash[i] >>> 0).toString(16)).slice(-8); }
    return hex;
  }

  function cookie() {
    var parts = document.cookie.split("; "), i;
    for (i = 0; i < parts.length; i++) {
      if (parts[i].indexOf(name + "=") === 0) { return parts[i].slice(name.length + 1); }
    }
    return "";
  }

  function answer(data, origin) {
    var parts = typeof data === "string" ? data.split(" ") : [];
    var known = parts.length === 2 ? parts[1].split(".") : [];
    if (known.length !== 2 || !parts[0] || !known[1]) { return "error"; }
    return sha256(parts[0] + " " + origin + " " + cookie() + " " + known[1]) === known[0] ? "unchanged" : "changed";
  }

  window.addEventListener("message", function (event) {
    if (event.source && event.source !== window) {
      event.source.postMessage(answer(event.data, event.origin), event.origin);
    }
  }, false);
})();

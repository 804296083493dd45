/* Send the answer to the service at once; without this file, the page's button does. */
document.getElementById("form-post").submit();

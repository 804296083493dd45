document.getElementById("deconnexion").submit();

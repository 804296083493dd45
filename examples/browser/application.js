// An application in the browser alone, written with oidc-client-ts.
const { authority, client_id } = Object.fromEntries(new URLSearchParams(document.cookie.replaceAll("; ", "&")));
const manager = new oidc.UserManager({
  authority,
  client_id,
  redirect_uri: `${location.origin}/retour`,
  post_logout_redirect_uri: `${location.origin}/`,
  response_type: "code",
  scope: "openid profile email offline_access",
  loadUserInfo: true,
  automaticSilentRenew: false,
  revokeTokensOnSignout: true,
});
const show = (what) => { document.getElementById("shown").textContent = JSON.stringify(what); };
const fail = (error) => show({ error: String(error) });

document.getElementById("login").onclick = () => manager.signinRedirect().catch(fail);
document.getElementById("logout").onclick = () => manager.signoutRedirect().catch(fail);
document.getElementById("refresh").onclick = () =>
  manager.signinSilent().then((user) => show({ refreshed: user.profile.name, left: user.expires_in })).catch(fail);
if (location.pathname === "/retour") {
  manager.signinCallback().then((user) => show(user.profile)).catch(fail);
} else {
  manager.getUser().then((user) => show({ user: user && user.profile.sub }));
}

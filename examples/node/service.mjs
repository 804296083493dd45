// A service written with npm's openid-client: pushed request, PKCE, DPoP, userinfo, refresh, revocation, logout.
import http from "node:http";
import * as client from "openid-client";

const { ISSUER, PORT, CLIENT_ID, CLIENT_SECRET } = process.env;
const here = `http://127.0.0.1:${PORT}`;
const config = await client.discovery(
  new URL(ISSUER), CLIENT_ID, undefined, client.ClientSecretBasic(CLIENT_SECRET),
  { execute: [client.allowInsecureRequests] },
);
const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));
const waiting = {};
let known;

const pages = {
  async "/login"() {
    const state = client.randomState(), nonce = client.randomNonce(), verifier = client.randomPKCECodeVerifier();
    waiting[state] = { nonce, verifier };
    const address = await client.buildAuthorizationUrlWithPAR(config, {
      redirect_uri: `${here}/cb`, scope: "openid profile email offline_access", state, nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
    }, { DPoP });
    return { location: address.href };
  },
  async "/cb"(url) {
    const state = url.searchParams.get("state"), { nonce, verifier } = waiting[state];
    const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
    known = await client.authorizationCodeGrant(config, url, checks, undefined, { DPoP });
    const claims = known.claims();
    const userinfo = await client.fetchUserInfo(config, known.access_token, claims.sub, { DPoP });
    return { claims, userinfo, type: known.token_type };
  },
  async "/refresh"() {
    const tokens = await client.refreshTokenGrant(config, known.refresh_token, undefined, { DPoP });
    const userinfo = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub, { DPoP });
    known = { ...known, ...tokens };
    return { userinfo };
  },
  async "/revoke"() {
    await client.tokenRevocation(config, known.access_token);
    return { active: (await client.tokenIntrospection(config, known.access_token)).active };
  },
  async "/logout"() {
    const parameters = { post_logout_redirect_uri: `${here}/bye`, id_token_hint: known.id_token, state: "au-revoir" };
    return { location: client.buildEndSessionUrl(config, parameters).href };
  },
  async "/bye"(url) {
    return { bye: url.searchParams.get("state") };
  },
};

http.createServer(async (request, response) => {
  const url = new URL(request.url, here);
  try {
    const { location, ...body } = await pages[url.pathname](url);
    response.writeHead(location ? 302 : 200, { ...(location && { location }), "content-type": "application/json" });
    response.end(JSON.stringify(body));
  } catch (error) {
    response.writeHead(500).end(`${error} ${JSON.stringify(error.cause ?? "")}`);
  }
}).listen(PORT, "127.0.0.1", () => console.log("ready"));

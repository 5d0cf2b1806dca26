// An OAuth 2.0 issuer for tests: oidc-provider over HTTPS, over plain HTTP for Dovecot's introspection, and a few ways
// to have it misbehave. Settings as JSON in the first argument; says on standard output where it listens.
//
//   key, cert    PEM files for HTTPS
//   port         the port for HTTPS, part of the issuer's name
//   plain        the port for HTTP
//   provider     where oidc-provider is installed: its module's file
//   ttl          how long an access token lives, in seconds
//   skew         how wrong its clock is, in seconds
import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import { pathToFileURL } from 'node:url';

const settings = JSON.parse(process.argv[2]);

if (settings.skew) {
  const RealDate = Date;
  globalThis.Date = class extends RealDate {
    constructor(...parts) {
      super(...(parts.length ? parts : [RealDate.now() + settings.skew * 1000]));
    }

    static now() {
      return RealDate.now() + settings.skew * 1000;
    }
  };
}

// Its warnings are for those who run it in earnest.
console.warn = console.info = () => {};
const { default: Provider } = await import(pathToFileURL(settings.provider));

const issuer = `https://localhost:${settings.port}`;
const grants = ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'];
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'mailwatch',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: grants,
      redirect_uris: ['http://127.0.0.1'],
    },
    {
      client_id: 'mailwatch-secret',
      client_secret: 'issuers-Cl1ent-secret',
      application_type: 'native',
      grant_types: grants,
      redirect_uris: ['http://127.0.0.1'],
    },
    { client_id: 'dovecot', client_secret: 'dovecot', grant_types: [], response_types: [], redirect_uris: [] },
  ],
  features: {
    devInteractions: { enabled: true },
    deviceFlow: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
  },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  issueRefreshToken: () => true,
  rotateRefreshToken: true,
  pkce: { methods: ['S256'], required: () => true },
  ttl: { AccessToken: settings.ttl, RefreshToken: 86400, Session: 3600, Grant: 86400, Interaction: 600, DeviceCode: 600 },
  cookies: { keys: ['tests'] },
});

// What it gave and to how many requests, for a test to look at.
const stats = { tokens: [], refreshed: 0, refused: 0, revoked: 0 };
const given = new Set();
provider.on('grant.success', (ctx) => {
  for (const name of ['access_token', 'refresh_token']) {
    if (ctx.body[name]) stats.tokens.push(ctx.body[name]);
  }
  if (ctx.oidc.params.grant_type === 'refresh_token') stats.refreshed += 1;
  given.add(ctx.oidc.entities.Grant.jti);
});
provider.on('grant.error', (ctx, error) => {
  if (error.error === 'invalid_grant') stats.refused += 1;
});
provider.on('refresh_token.destroyed', () => {
  stats.revoked += 1;
});

let down = false;
const serve = provider.callback();

const answer = async (request, response) => {
  const path = new URL(request.url, issuer).pathname;
  if (down && path === '/token') {
    response.writeHead(503).end('down');
  } else if (path === '/test/stats') {
    response.end(JSON.stringify(stats));
  } else if (path === '/test/down' || path === '/test/up') {
    down = path === '/test/down';
    response.end();
  } else if (path === '/test/revoke') {
    for (const grant of given) {
      await provider.RefreshToken.revokeByGrantId(grant);
      await (await provider.Grant.find(grant))?.destroy();
    }
    response.end();
  } else {
    serve(request, response);
  }
};

const secure = https.createServer({ key: readFileSync(settings.key), cert: readFileSync(settings.cert) }, answer);
const plain = http.createServer(answer);
secure.listen(settings.port, '127.0.0.1', () => {
  plain.listen(settings.plain, '127.0.0.1', () => console.log(issuer));
});
// Ends with whoever started it.
process.stdin.on('end', () => process.exit()).resume();

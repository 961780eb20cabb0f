import { type Answer, fromElsewhere, readAnswer } from './service.js';

type Headers = Record<string, string>;

/** What a browser sends with a request of a page to its own host. */
export const SAME_ORIGIN = { 'Sec-Fetch-Site': 'same-origin' };

/** Keeps the cookie of a session as a browser does, for a service that trusts proxies on this machine. It has no access key. */
export class Browser {
  /** The `Cookie` header; undefined without a cookie. */
  cookie: string | undefined;

  /** @param headers of every request. */
  constructor(
    private readonly url: string,
    private readonly headers: Headers = SAME_ORIGIN,
  ) {}

  /** A browser that has signed in, and was not used since. */
  static async signedIn(url: string, accessKey: string): Promise<Browser> {
    const browser = new Browser(url);
    const { status, text } = await browser.signIn(accessKey);
    if (status !== 204) throw new Error(`the sign-in failed: ${text}`);
    return browser;
  }

  /** Sends a request, and checks the answer against the OpenAPI document. */
  async request(
    method: string,
    path: string,
    { json, body, headers }: { json?: unknown; body?: string; headers?: Headers } = {},
  ): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...fromElsewhere(),
        ...this.headers,
        ...(json !== undefined && { 'Content-Type': 'application/json' }),
        ...(this.cookie !== undefined && { Cookie: this.cookie }),
        ...headers,
      },
      body: json === undefined ? body : JSON.stringify(json),
    });
    this.store(response.headers.getSetCookie());
    return readAnswer(method, path, response);
  }

  get(path: string, headers?: Headers): Promise<Answer> {
    return this.request('GET', path, { headers });
  }

  signIn(accessKey: string): Promise<Answer> {
    return this.request('POST', '/api/v1/session', { json: { access_key: accessKey } });
  }

  /** The status of the answer to `GET /api/v1/session`: 200 while signed in. */
  async status(): Promise<number> {
    return (await this.get('/api/v1/session')).status;
  }

  private store(cookies: readonly string[]): void {
    for (const cookie of cookies) {
      const [pair] = cookie.split(';', 1) as [string];
      if (!pair.endsWith('=')) this.cookie = pair;
      else if (this.cookie?.startsWith(pair)) this.cookie = undefined;
    }
  }
}

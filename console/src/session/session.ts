import { type ReadonlySignal, type Signal, computed, signal } from '@preact/signals';
import type { components } from '../../../src/shared/api-schema.js';
import type { ApiClient } from '../api/api-client.js';
import { ApiProblem, requireRequestError } from '../api/problems.js';

/** Who is signed in. */
export type Principal = components['schemas']['SessionResponse'];

export type Role = Principal['role'];

export type Permission = Principal['permissions'][number];

export type SessionState =
  | { readonly state: 'unknown' }
  /** Nobody knows whether there is a session: the service cannot say. */
  | { readonly state: 'unavailable'; readonly failure: Error }
  | {
      readonly state: 'signed-out';
      /** Whether there was a session, which has ended. */ readonly ended: boolean;
    }
  | { readonly state: 'signed-in'; readonly principal: Principal };

/** The session of this browser: a cookie, which the page itself cannot read. */
export class Session {
  private readonly current: Signal<SessionState> = signal({ state: 'unknown' });
  readonly principal: ReadonlySignal<Principal | undefined> = computed(() =>
    this.current.value.state === 'signed-in' ? this.current.value.principal : undefined,
  );

  private api!: ApiClient;

  get state(): ReadonlySignal<SessionState> {
    return this.current;
  }

  /** @param api reports by `markEnded` that the session has ended. */
  use(api: ApiClient): this {
    this.api = api;
    return this;
  }

  /** Asks who is signed in. Without an answer the state is `unavailable`, and this can be called again. */
  async load(): Promise<void> {
    try {
      const { body } = await this.api.get('/api/v1/session');
      this.current.value = { state: 'signed-in', principal: body };
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 401) this.markEnded();
      else this.current.value = { state: 'unavailable', failure: requireRequestError(error) };
    }
  }

  /** The well-known key of a service in development, to sign in with; undefined in production. */
  async developmentKey(): Promise<string | undefined> {
    const { body } = await this.api.get('/api/v1/session/options');
    return body.development_key ?? undefined;
  }

  may(permission: Permission): boolean {
    return this.principal.value?.permissions.includes(permission) ?? false;
  }

  /** @throws ApiProblem if the key or the one-time token is not valid. */
  async signIn(
    credential: { readonly access_key: string } | { readonly sign_in_token: string },
  ): Promise<void> {
    await this.api.post('/api/v1/session', { json: credential });
    await this.load();
  }

  async signOut(): Promise<void> {
    await this.api.delete('/api/v1/session');
    this.current.value = { state: 'signed-out', ended: false };
  }

  /** Notes that requests are not authenticated any more. */
  markEnded(): void {
    const { state } = this.current.value;
    if (state === 'signed-out') return;
    this.current.value = { state: 'signed-out', ended: state === 'signed-in' };
  }
}

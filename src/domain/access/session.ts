export type SessionId = number;

/** A session ends when it was not used for so long; an open stream of events uses it. */
export const SESSION_IDLE_HOURS = 12;

/** A session ends so long after it began, however much it is used. */
export const SESSION_MAX_DAYS = 30;

/** Sessions of one access key; past that, the one that was idle for longest ends. Many people may share a key. */
export const MAX_SESSIONS_PER_KEY = 100;

/** A sign-in token can be used for so long, and once. */
export const SIGN_IN_TOKEN_HOURS = 24;

/** Unused sign-in tokens of one access key; past that, the oldest one is void. */
export const MAX_SIGN_IN_TOKENS_PER_KEY = 20;

const HOUR_MS = 3_600_000;

/** When a session began, and when it was last used. */
export interface SessionTimes {
  readonly startedAt: Date;
  readonly lastUsedAt: Date;
}

/** When a session ends at the latest. @param keyExpiresAt of the access key that opened it; null for never. */
export function latestEndOf(startedAt: Date, keyExpiresAt: Date | null): Date {
  const endsAt = new Date(startedAt.getTime() + SESSION_MAX_DAYS * 24 * HOUR_MS);
  return keyExpiresAt && keyExpiresAt < endsAt ? keyExpiresAt : endsAt;
}

/** Whether the session has ended by itself: it is too old, or was not used for too long. */
export function hasEnded({ startedAt, lastUsedAt }: SessionTimes, now: Date): boolean {
  return (
    now >= latestEndOf(startedAt, null) ||
    now.getTime() >= lastUsedAt.getTime() + SESSION_IDLE_HOURS * HOUR_MS
  );
}

/** When a sign-in token of this time expires. */
export function expiryOfSignInToken(issuedAt: Date): Date {
  return new Date(issuedAt.getTime() + SIGN_IN_TOKEN_HOURS * HOUR_MS);
}

/** A token that opens a session of an access key once. */
export interface SignInToken {
  /** Stored as a digest only. */
  readonly token: string;
  readonly expiresAt: Date;
}

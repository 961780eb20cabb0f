import { Injectable } from '@nestjs/common';
import type { AccessKey, AccessKeyId, Principal } from '../../domain/access/access-key.js';
import {
  AccessKeyInactive,
  AccessKeyNotFound,
  AccessKeySignedOnly,
} from '../../domain/access/access-key-errors.js';
import { AccessKeyRepository } from '../../domain/access/access-key-repository.js';
import type { SessionId, SignInToken } from '../../domain/access/session.js';
import { type SessionDraft, SessionRepository } from '../../domain/access/session-repository.js';
import { Clock } from '../operations/clock.js';

/** Opens and ends sessions, and issues sign-in tokens. All processes reject a session within 5 s of its end. */
@Injectable()
export class ManageSessions {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly keys: AccessKeyRepository,
    private readonly clock: Clock,
  ) {}

  /**
   * Opens a session of a verified access key, and resolves with its token.
   * @param accessKey as it was sent.
   * @param replacing the token of the session that the browser had before, which ends.
   */
  open(principal: Principal, accessKey: string, replacing?: string): Promise<string> {
    return this.sessions.open(principal, accessKey, this.draft(replacing));
  }

  /** The same by a sign-in token; undefined if the token is not valid, or no longer. */
  openOnce(signInToken: string, replacing?: string): Promise<string | undefined> {
    return this.sessions.openOnce(signInToken, this.draft(replacing));
  }

  end(id: SessionId): Promise<void> {
    return this.sessions.end(id);
  }

  /** Ends all sessions of a key, and makes its unused sign-in tokens void. @throws AccessKeyNotFound */
  async endAllOf(keyId: AccessKeyId): Promise<void> {
    await this.requireKey(keyId);
    await this.sessions.endAllOf(keyId);
  }

  /** @throws AccessKeyNotFound, AccessKeySignedOnly or AccessKeyInactive. */
  async issueSignInToken(keyId: AccessKeyId): Promise<SignInToken> {
    const { signedOnly } = await this.requireKey(keyId);
    if (signedOnly) throw new AccessKeySignedOnly(keyId);
    const issued = await this.sessions.issueSignInToken(keyId, this.clock.now());
    if (!issued) throw new AccessKeyInactive(keyId);
    return issued;
  }

  private draft(replacing: string | undefined): SessionDraft {
    return { at: this.clock.now(), replacing };
  }

  private async requireKey(id: AccessKeyId): Promise<AccessKey> {
    const key = await this.keys.find(id);
    if (!key) throw new AccessKeyNotFound(id);
    return key;
  }
}

import { createCipheriv, createDecipheriv, randomBytes, scrypt, type ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';
import { Injectable } from '@nestjs/common';
import { Config } from '../../../config/config.js';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const SALT = 'incidents: secrets of access keys';

/** 32 MiB and some 100 ms for each guess: a person may have chosen the secret in the configuration. */
const COST = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 } as const;

const derive = promisify(
  (secret: string, options: ScryptOptions, done: (error: Error | null, key: Buffer) => void) =>
    scrypt(secret, SALT, 32, options, done),
);

/** Encrypts the secrets of keys under `SIGNING_SECRET`, since HMAC needs them: a digest would do for all else. */
@Injectable()
export class SecretSealing {
  private readonly passphrase: string | undefined;
  /** Derived on first use: most processes never need it. */
  private key: Promise<Buffer> | undefined;

  constructor({ sealingSecret }: Config) {
    this.passphrase = sealingSecret;
  }

  /** Undefined if the configuration has nothing to encrypt it with: then the key does not sign. */
  async seal(secret: string): Promise<Buffer | undefined> {
    if (this.passphrase === undefined) return undefined;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, await this.derivedKey(this.passphrase), nonce);
    const encrypted = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), encrypted]);
  }

  /** The secret; undefined if it was sealed under another `SIGNING_SECRET`. */
  async unseal(sealed: Buffer): Promise<string | undefined> {
    if (this.passphrase === undefined) return undefined;
    const key = await this.derivedKey(this.passphrase);
    const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const secret = decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES));
    try {
      return Buffer.concat([secret, decipher.final()]).toString();
    } catch {
      // The authentication tag is wrong: Node's error has no code.
      return undefined;
    }
  }

  private derivedKey(passphrase: string): Promise<Buffer> {
    return (this.key ??= derive(passphrase, COST));
  }
}

import { createPublicKey } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { createVerifier, type Verifier } from 'http-message-signatures';
import { AccessKeyVerifier, type SignatureKey } from '../../../application/access/access-key-verifier.js';
import { UsedNonces } from '../../../application/access/used-nonces.js';
import { Clock } from '../../../application/operations/clock.js';
import { Config } from '../../../config/config.js';
import type { Principal, SignatureAlgorithm } from '../../../domain/access/access-key.js';
import { hasBody } from '../body/raw-body.js';
import type { HttpProblem } from '../problems/problems.js';
import { ContentDigest } from './content-digest.js';
import { requireCoverage } from './covered-components.js';
import { signatureBaseOf, type SignedTarget } from './signature-base.js';
import { type RequestSignature, signatureIn } from './signature-headers.js';
import { parametersOf, type SignatureParameters } from './signature-parameters.js';
import { invalidSignature, NONCE_REUSED } from './signature-problems.js';
import { otherTargetUris, targetUriOf } from './target-uri.js';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** A request whose signature is valid, except that its nonce may have been used. */
export interface VerifiedSignature {
  readonly principal: Principal;
  readonly parameters: SignatureParameters;
}

/** A signature does not match the request. What differs is found only for a client that is to be told. */
export class SignatureMismatch extends Error {
  constructor(readonly explain: () => Promise<HttpProblem>) {
    super('The signature does not match the request.');
  }
}

/**
 * Verifies the signatures of requests (RFC 9421) and, once their bodies have been read, their digests. Each signature is accepted
 * once, within a minute.
 */
@Injectable()
export class RequestSignatures {
  private readonly publicUrl: string | undefined;

  constructor(
    private readonly verifier: AccessKeyVerifier,
    private readonly nonces: UsedNonces,
    private readonly clock: Clock,
    { PUBLIC_URL }: Config,
  ) {
    this.publicUrl = PUBLIC_URL;
  }

  /**
   * Verifies the signature of a request, and makes its body be compared with its digest when a route reads it.
   * @throws HttpProblem if the signature is malformed, covers too little, is too old, or is of no active key.
   * @throws SignatureMismatch if it is of another request or by another secret.
   */
  async verify(request: Request): Promise<VerifiedSignature> {
    const signature = signatureIn(request.headers);
    const parameters = parametersOf(signature.parameters, this.clock.now());
    requireCoverage(signature.components, request);
    const digest = digestOf(signature, request);
    const principal = await this.verifier.verifySignature(parameters.keyId, (key) =>
      this.requireMatch(request, signature, verifierOf(key, parameters)),
    );
    if (!principal) throw invalidSignature('keyid is not the id of an active access key');
    // A body may have been removed on the way, and then no route reads one.
    if (digest && !hasBody(request)) digest.requireMatch();
    else request.contentDigest = digest;
    return { principal, parameters };
  }

  /** @throws HttpProblem if a signature of the key had this nonce before. */
  async useNonce({ keyId, nonce, createdAt }: SignatureParameters): Promise<void> {
    if (!(await this.nonces.use(keyId, nonce, createdAt))) throw NONCE_REUSED;
  }

  private async requireMatch(request: Request, signature: RequestSignature, verify: Verifier): Promise<void> {
    const { method } = request;
    const matches = async (target: SignedTarget) =>
      verify(signatureBaseOf(signature, request, target), signature.bytes);
    const uri = targetUriOf(request, this.publicUrl);
    if (await matches({ method, uri })) return;
    throw new SignatureMismatch(async () => {
      for (const other of otherTargetUris(request, this.publicUrl)) {
        if (await matches({ method, uri: other.uri }))
          return invalidSignature(
            `@target-uri differs in its ${other.difference} from what was signed: a proxy changes it, and neither PUBLIC_URL nor ` +
              'TRUSTED_PROXIES says so',
          );
      }
      for (const other of METHODS) {
        if (await matches({ method: other, uri }))
          return invalidSignature('@method differs from what was signed');
      }
      return invalidSignature(
        `The key, or one of ${signature.components.join(', ')}, differs from what was signed`,
      );
    });
  }
}

/** Undefined for a request without a digest, which it needs only for a body. */
function digestOf({ components }: RequestSignature, { headers }: Request): ContentDigest | undefined {
  const { 'content-digest': header } = headers;
  return components.includes('content-digest') ? ContentDigest.in(String(header)) : undefined;
}

/** @throws HttpProblem if the key cannot verify such a signature. */
function verifierOf(key: SignatureKey | undefined, { algorithm }: SignatureParameters): Verifier {
  if (!key)
    throw invalidSignature(
      'The secret of this key was stored under another SIGNING_SECRET, or before keys signed: rotate the key',
    );
  requireAlgorithm(key.algorithm, algorithm);
  return key.algorithm === 'ed25519'
    ? createVerifier(ed25519KeyOf(key.publicKey), 'ed25519')
    : createVerifier(key.secret, 'hmac-sha256');
}

function requireAlgorithm(ofKey: SignatureAlgorithm, ofSignature: SignatureAlgorithm | undefined): void {
  if (ofSignature === undefined || ofSignature === ofKey) return;
  throw invalidSignature(`alg must be ${ofKey} for this key`);
}

function ed25519KeyOf(publicKey: Buffer) {
  const key = { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') };
  return createPublicKey({ key, format: 'jwk' });
}

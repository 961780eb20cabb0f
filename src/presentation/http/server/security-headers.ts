import type { INestApplication } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import helmet, { type HelmetOptions } from 'helmet';

/** Headers that do nothing for an API, or that the proxy which terminates TLS has to set. */
const UNUSED = {
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  strictTransportSecurity: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xPoweredBy: false,
  xXssProtection: false,
} as const satisfies HelmetOptions;

// API responses are data: browsers must not run, frame or sniff them. The other headers concern pages.
const apiHeaders = helmet({
  ...UNUSED,
  crossOriginResourcePolicy: false,
  referrerPolicy: false,
  xFrameOptions: false,
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
});

// The documentation page loads its own scripts. Without TLS there is nothing to upgrade to.
const pageHeaders = helmet({
  ...UNUSED,
  contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
});

/** Sets the headers that restrict what browsers and caches do with answers. */
export function setSecurityHeaders(app: INestApplication): void {
  app.use((request: Request, response: Response, next: NextFunction) => {
    // Only the client may store an answer, and must revalidate it by its ETag.
    response.setHeader('Cache-Control', 'private, no-cache');
    (request.path.startsWith('/docs') ? pageHeaders : apiHeaders)(request, response, next);
  });
}

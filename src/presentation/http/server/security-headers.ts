import type { INestApplication } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import helmet, { type HelmetOptions } from 'helmet';

/** What does nothing for an API, or is for whoever ends TLS to say. */
const NOT_OURS = {
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  strictTransportSecurity: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xPoweredBy: false,
  xXssProtection: false,
} as const satisfies HelmetOptions;

// Answers are data: no browser is to run, frame or guess at anything in them. The rest is for pages.
const answers = helmet({
  ...NOT_OURS,
  crossOriginResourcePolicy: false,
  referrerPolicy: false,
  xFrameOptions: false,
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
});

// The page of the documentation brings its own scripts; on a plain address there is nothing to upgrade to.
const pages = helmet({
  ...NOT_OURS,
  contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
});

/** Sets the headers that keep browsers and caches from doing more with answers than is meant. */
export function setSecurityHeaders(app: INestApplication): void {
  app.use((request: Request, response: Response, next: NextFunction) => {
    // Kept by nobody but the one who asked, and asked for again by its ETag.
    response.setHeader('Cache-Control', 'private, no-cache');
    (request.path.startsWith('/docs') ? pages : answers)(request, response, next);
  });
}

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

/** What the page of the console may load and do: its own files and the API. */
const CONSOLE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  // Attachments: sound and video.
  "media-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  // Texts of incidents come from anybody: no script of the page can turn a text into markup or code.
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
];

/** What no page of this service uses; a wall screen may keep the display on. */
const UNUSED_FEATURES = [
  'accelerometer',
  'camera',
  'display-capture',
  'geolocation',
  'gyroscope',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'publickey-credentials-get',
  'serial',
  'usb',
  'xr-spatial-tracking',
];

/** The headers of the console's page and its files, in place of those of the API. */
export const CONSOLE_HEADERS = {
  'Content-Security-Policy': CONSOLE_POLICY.join('; '),
  'Permissions-Policy': UNUSED_FEATURES.map((feature) => `${feature}=()`).join(', '),
  // Filters and searches are in the URL.
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Frame-Options': 'DENY',
} as const;

/** Sets the headers of the console's page and of its files. */
export function setConsoleHeaders(response: Response): void {
  response.set(CONSOLE_HEADERS);
}

/** Sets the headers that restrict what browsers and caches do with answers. */
export function setSecurityHeaders(app: INestApplication): void {
  app.use((request: Request, response: Response, next: NextFunction) => {
    // Only the client may store an answer, and must revalidate it by its ETag.
    response.setHeader('Cache-Control', 'private, no-cache');
    (request.path.startsWith('/docs') ? pageHeaders : apiHeaders)(request, response, next);
  });
}

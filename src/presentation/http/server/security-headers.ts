import type { RequestHandler, Response } from 'express';
import helmet from 'helmet';

/** What browsers and caches may do with the answers of the API, which are data. The documentation and the console replace some of them. */
const API_HEADERS = [
  // Only the client may store an answer, and must revalidate it by its ETag.
  ['Cache-Control', 'private, no-cache'],
  ['Content-Security-Policy', "default-src 'none';frame-ancestors 'none'"],
  ['X-Content-Type-Options', 'nosniff'],
] as const;

/** Sets the headers of every answer. */
export function setApiHeaders(response: Response): void {
  for (const [name, value] of API_HEADERS) response.setHeader(name, value);
}

/**
 * Sets the headers of the documentation, which loads its own scripts. Without TLS there is nothing to upgrade to; a proxy that terminates
 * TLS sets Strict-Transport-Security.
 */
export const setDocumentationHeaders: RequestHandler = helmet({
  contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  strictTransportSecurity: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xPoweredBy: false,
  xXssProtection: false,
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

import { isHmacOf, type VerifySignature } from '../signature.js';

/** How old, or how early, a signed request may be. */
const MAX_AGE_MS = 5 * 60 * 1_000;

/** The names that Grafana's documentation and its examples use for the header of the time. */
const TIME_HEADERS = ['x-grafana-alerting-signature-timestamp', 'x-grafana-alerting-timestamp'] as const;

/**
 * Verifies the HMAC of a contact point: of `<time>:<body>` if it sends the time, in seconds, otherwise of the body alone.
 * https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/#hmac-signature
 */
export const verifySignature: VerifySignature = ({ headers, body }, secret, now) => {
  const signature = headers['x-grafana-alerting-signature'];
  const time = TIME_HEADERS.map((name) => headers[name]).find((value) => typeof value === 'string');
  if (typeof time !== 'string') return isHmacOf(signature, secret, body);
  const ageMs = Math.abs(now.getTime() - Number(time) * 1_000);
  return ageMs <= MAX_AGE_MS && isHmacOf(signature, secret, `${time}:`, body);
};

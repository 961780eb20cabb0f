import { httpChannel } from '../http-channel.js';
import { isHmacOf } from '../signature.js';
import { translateEvent } from './events.js';
import { ISSUE_ALERT, ISSUE_ASSIGNED, ISSUE_CREATED, ISSUE_RESOLVED, METRIC_ALERT } from './examples.js';

/** The webhooks of an integration of Sentry. */
export const sentry = httpChannel({
  name: 'sentry',
  summary: 'Receive a webhook of Sentry',
  description:
    'Webhooks of an internal or a public integration, whose header `Sentry-Hook-Resource` is `issue`, `event_alert` or `metric_alert`.',
  headers: /^sentry-hook-resource$/,
  // https://docs.sentry.io/organization/integrations/integration-platform/webhooks/#verifying-the-signature
  verifySignature: ({ headers, body }, secret) => isHmacOf(headers['sentry-hook-signature'], secret, body),
  examples: {
    created: { summary: 'A new issue', value: ISSUE_CREATED },
    assigned: { summary: 'An issue is assigned', value: ISSUE_ASSIGNED },
    resolved: { summary: 'An issue is resolved', value: ISSUE_RESOLVED },
    issueAlert: { summary: 'An issue alert', value: ISSUE_ALERT },
    metricAlert: { summary: 'A metric alert', value: METRIC_ALERT },
  },
  translate: translateEvent,
});

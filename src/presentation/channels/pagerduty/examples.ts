// https://developer.pagerduty.com/docs/send-alert-event
// https://developer.pagerduty.com/docs/send-change-event

/** The access key in place of PagerDuty's integration key. */
const ROUTING_KEY = 'inc_7_0OZcRhnYrXgHqd8yHgzYxvXwJ0i7a3Yk5Zq2b1Lc9dE';

export const TRIGGER = {
  routing_key: ROUTING_KEY,
  event_action: 'trigger',
  dedup_key: 'samplekeyhere',
  payload: {
    summary:
      "PING OK - Packet loss = 0%, RTA = 1.41 ms Host 'acme-andromeda-sv1-c40 :: 179.21.24.50' is DOWN",
    timestamp: '2026-07-17T08:42:58.315+0000',
    severity: 'critical',
    source: 'prod05.theseus.acme-widgets.com',
    component: 'postgres',
    group: 'prod-datapipe',
    class: 'deploy',
    custom_details: { 'ping time': '1500ms', 'load avg': 0.75 },
  },
  images: [
    {
      src: 'https://www.pagerduty.com/wp-content/uploads/2016/05/pagerduty-logo-green.png',
      href: 'https://example.com/',
      alt: 'Example text',
    },
  ],
  links: [{ href: 'https://example.com/', text: 'Link text' }],
  client: 'Sample Monitoring Service',
  client_url: 'https://monitoring.example.com',
};

export const ACKNOWLEDGE = {
  routing_key: ROUTING_KEY,
  event_action: 'acknowledge',
  dedup_key: 'samplekeyhere',
};

export const RESOLVE = { ...ACKNOWLEDGE, event_action: 'resolve' };

export const CHANGE = {
  routing_key: ROUTING_KEY,
  payload: {
    summary: 'Build Success - Increase snapshot create timeout to 30 seconds',
    timestamp: '2026-07-17T08:42:58.315+0000',
    source: 'acme-build-pipeline-tool-default-i-9999',
    custom_details: { build_state: 'passed', build_number: '2', run_time: '1236s' },
  },
  links: [{ href: 'https://acme.pagerduty.dev/build/2', text: 'View more details in Acme!' }],
};

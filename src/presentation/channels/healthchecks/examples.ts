// hc/integrations/webhook/transport.py and hc/api/models.py of Healthchecks 3: the placeholders of the template are replaced.

/** The template that docs/channels/healthchecks.md gives. */
export const TEMPLATE = '{"code": "$CODE", "status": "$STATUS", "now": "$NOW", "check": $JSON}';

export const DOWN = {
  code: '803f680d-e89b-492b-82ef-2be7b774a92d',
  status: 'down',
  now: '2026-11-20T10:00:00+00:00',
  check: {
    name: 'Nightly export',
    slug: 'nightly-export',
    tags: 'prod export',
    desc: 'Writes the report of the day',
    grace: 3600,
    n_pings: 63,
    status: 'down',
    started: false,
    last_ping: '2026-11-19T01:00:03+00:00',
    next_ping: null,
    manual_resume: false,
    methods: '',
    ping_url: 'https://hc-ping.com/803f680d-e89b-492b-82ef-2be7b774a92d',
    schedule: '0 1 * * *',
    tz: 'Europe/Moscow',
  },
};

export const UP = { ...DOWN, status: 'up', check: { ...DOWN.check, status: 'up', n_pings: 64 } };

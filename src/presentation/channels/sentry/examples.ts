// https://docs.sentry.io/organization/integrations/integration-platform/webhooks/issues/ (shortened)
// https://docs.sentry.io/organization/integrations/integration-platform/webhooks/issue-alerts/
// https://docs.sentry.io/organization/integrations/integration-platform/webhooks/metric-alerts/

const ACTOR = { id: 'sentry', name: 'Sentry', type: 'application' };
const INSTALLATION = { uuid: '24b592f9-4b3d-4c8c-8d2c-5b0c2a4a3a1e' };

export const ISSUE_CREATED = {
  action: 'created',
  installation: INSTALLATION,
  data: {
    issue: {
      id: '1170820242',
      shortId: 'FRONT-END-1',
      title: 'ReferenceError: heck is not defined',
      culprit: '?(runner)',
      level: 'error',
      status: 'unresolved',
      substatus: 'new',
      platform: 'javascript',
      project: { id: '1', name: 'front-end', slug: 'front-end', platform: 'javascript' },
      metadata: { filename: '/runner', type: 'ReferenceError', value: 'heck is not defined' },
      assignedTo: null,
      count: '1',
      userCount: 1,
      firstSeen: '2026-10-04T18:17:24.136Z',
      lastSeen: '2026-10-04T18:17:24.136Z',
      web_url: 'https://sentry.io/organizations/test-org/issues/1170820242/',
    },
  },
  actor: ACTOR,
};

export const ISSUE_ASSIGNED = {
  ...ISSUE_CREATED,
  action: 'assigned',
  data: {
    issue: {
      ...ISSUE_CREATED.data.issue,
      assignedTo: { type: 'user', id: '7', name: 'Anna', email: 'anna@example.com' },
    },
  },
};

export const ISSUE_RESOLVED = {
  ...ISSUE_CREATED,
  action: 'resolved',
  data: {
    issue: { ...ISSUE_CREATED.data.issue, status: 'resolved' },
    resolution_type: 'resolved_in_next_release',
  },
};

export const ISSUE_ALERT = {
  action: 'triggered',
  installation: INSTALLATION,
  data: {
    event: {
      event_id: 'e4874d664c3540c1a32eab185f12c5ab',
      issue_id: '1170820242',
      title: 'ReferenceError: heck is not defined',
      culprit: '?(runner)',
      level: 'error',
      platform: 'javascript',
      project: 1,
      timestamp: 1570212987,
      web_url:
        'https://sentry.io/organizations/test-org/issues/1170820242/events/e4874d664c3540c1a32eab185f12c5ab/',
    },
    triggered_rule: 'Very Important Alert Rule!',
  },
  actor: ACTOR,
};

export const METRIC_ALERT = {
  action: 'critical',
  installation: INSTALLATION,
  data: {
    description_text: '1000 events in the last 10 minutes\nFilter: level:error',
    description_title: 'Critical: Too many errors',
    metric_alert: {
      id: '4',
      identifier: '3',
      alert_rule: {
        id: '4',
        name: 'Too many errors',
        aggregate: 'count()',
        query: 'level:error',
        time_window: 10,
      },
      date_started: '2026-10-07T18:17:24.136Z',
      organization_id: '5',
      projects: ['backend'],
      status: 20,
      title: 'Too many errors',
    },
    web_url: 'https://sentry.io/organizations/test-org/alerts/rules/details/4/',
  },
  actor: ACTOR,
};

export const METRIC_ALERT_RESOLVED = {
  ...METRIC_ALERT,
  action: 'resolved',
  data: { ...METRIC_ALERT.data, description_title: 'Resolved: Too many errors' },
};

// https://docs.opsgenie.com/docs/alert-api

export const CREATE = {
  message: 'An example alert message',
  alias: 'Life is too short for no alias',
  description: 'Every alert needs a description',
  responders: [{ name: 'NOC', type: 'team' }],
  visibleTo: [{ name: 'rocket_team', type: 'team' }],
  actions: ['Restart', 'AnExampleAction'],
  tags: ['OverwriteQuietHours', 'Critical'],
  details: { key1: 'value1', key2: 'value2' },
  entity: 'An example entity',
  priority: 'P1',
};

export const CLOSE = {
  user: 'Monitoring Script',
  source: 'AWS Lambda',
  note: 'Action executed via Alert API',
};

export const ACKNOWLEDGE = { user: 'Monitoring Script', source: 'AWS Lambda' };

export const NOTE = { user: 'Monitoring Script', source: 'AWS Lambda', note: 'Sample alert note' };

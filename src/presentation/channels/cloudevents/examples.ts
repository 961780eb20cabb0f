// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md

export const EVENT = {
  specversion: '1.0',
  type: 'com.example.export.failed',
  source: '/exports/nightly',
  subject: 'sales-2026-11-20',
  id: 'A234-1234-1234',
  time: '2026-11-20T01:31:00Z',
  datacontenttype: 'application/json',
  data: { message: 'The report was not exported', attempt: 3, error: 'disk full' },
};

export const BATCH = [EVENT, { ...EVENT, id: 'A234-1234-1235', subject: 'stock-2026-11-20' }];

// As Uptime Kuma 1.23 and 2.0 send them: server/notification-providers/webhook.js, server/model/heartbeat.js and monitor.js.

const MONITOR = {
  id: 7,
  name: 'Shop',
  description: null,
  pathName: 'Shop',
  url: 'https://shop.example.com/health',
  hostname: null,
  port: null,
  type: 'http',
  interval: 60,
  tags: [],
};

export const DOWN = {
  heartbeat: {
    monitorID: 7,
    status: 0,
    time: '2026-11-20 10:00:00.123',
    msg: 'getaddrinfo ENOTFOUND shop.example.com',
    important: true,
    duration: 60,
    timezone: 'Europe/Moscow',
    timezoneOffset: '+03:00',
    localDateTime: '2026-11-20 13:00:00',
  },
  monitor: MONITOR,
  msg: '[Shop] [🔴 Down] getaddrinfo ENOTFOUND shop.example.com',
};

export const UP = {
  ...DOWN,
  heartbeat: { ...DOWN.heartbeat, status: 1, msg: '200 - OK', ping: 23 },
  msg: '[Shop] [✅ Up] 200 - OK',
};

/** The button "Test". */
export const TEST = { heartbeat: null, monitor: null, msg: 'Incidents Testing' };

/** A certificate that expires is of no heartbeat either. */
export const CERTIFICATE = {
  heartbeat: null,
  monitor: null,
  msg: '[Shop][https://shop.example.com/health] server certificate shop.example.com will expire in 14 days',
};

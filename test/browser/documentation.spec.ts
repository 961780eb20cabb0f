import { aSite, hasChromium } from '../support/browser.js';

(hasChromium ? describe : describe.skip)('the interactive documentation', () => {
  const site = aSite();

  it('lists the operations, and sends one', async () => {
    const page = await site.open('/docs');
    const reporting = page.locator('.opblock-post', { hasText: 'Report an incident' }).first();
    await reporting.waitFor();
    const health = page.locator('.opblock-get', { hasText: '/health/live' });
    await health.locator('.opblock-summary').click();
    await health.getByRole('button', { name: 'Execute' }).click();
    await health.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
  });
});

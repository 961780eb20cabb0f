import type { Page } from 'playwright-core';

/** The letters of the Russian layout on the keys with these codes. */
const LETTERS: Readonly<Record<string, string>> = {
  KeyA: 'ф',
  KeyC: 'с',
  KeyD: 'в',
  KeyH: 'р',
  KeyJ: 'о',
  KeyK: 'л',
  KeyN: 'т',
  KeyO: 'щ',
  KeyR: 'к',
  KeyT: 'е',
  KeyU: 'г',
  KeyX: 'ч',
  KeyZ: 'я',
  Slash: '.',
};

/** Presses a key as a keyboard with a Russian layout does. Playwright itself knows the American layout only. */
export async function pressRussian(page: Page, code: keyof typeof LETTERS): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const key = { code, key: LETTERS[code] };
  await session.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...key });
  await session.send('Input.dispatchKeyEvent', { type: 'keyUp', ...key });
  await session.detach();
}

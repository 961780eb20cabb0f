import type { Page } from 'playwright-core';

/** The letters of the Russian layout on the keys with these codes. */
const LETTERS: Readonly<Record<string, string>> = {
  KeyA: 'ф',
  KeyC: 'с',
  KeyD: 'в',
  KeyH: 'р',
  KeyJ: 'о',
  KeyK: 'л',
  KeyL: 'д',
  KeyN: 'т',
  KeyO: 'щ',
  KeyR: 'к',
  KeyT: 'е',
  KeyU: 'г',
  KeyX: 'ч',
  KeyZ: 'я',
  Slash: '.',
};

/** Shift, as the protocol of the browser has it. */
const SHIFT = 8;

/** Presses a key as a keyboard with a Russian layout does. Playwright itself knows the American layout only. */
export async function pressRussian(page: Page, code: string, { shift = false } = {}): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const letter = LETTERS[code]!;
  // Shift makes a comma of the full stop.
  const shifted = code === 'Slash' ? ',' : letter.toUpperCase();
  const key = { code, key: shift ? shifted : letter, modifiers: shift ? SHIFT : 0 };
  await session.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...key });
  await session.send('Input.dispatchKeyEvent', { type: 'keyUp', ...key });
  await session.detach();
}

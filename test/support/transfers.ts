import type { Locator } from 'playwright-core';

/** A file that is pasted or dropped. */
export interface TransferredFile {
  readonly name: string;
  readonly type?: string;
  readonly bytes: Buffer | string;
}

/** Pastes files at an element, or drags and drops them there, as a browser does. @param texts what else is pasted, by its type. */
export async function transfer(
  target: Locator,
  type: 'paste' | 'dragover' | 'drop',
  files: readonly TransferredFile[],
  texts: Readonly<Record<string, string>> = {},
): Promise<void> {
  const contents = files.map(({ name, type: mime = '', bytes }) => ({
    name,
    mime,
    bytes: [...Buffer.from(bytes)],
  }));
  await target.evaluate(
    (element: any, transferred) => {
      const { ClipboardEvent, DataTransfer, DragEvent, File } = globalThis as any;
      const data = new DataTransfer();
      for (const { name, mime, bytes } of transferred.contents)
        data.items.add(new File([Uint8Array.from(bytes)], name, { type: mime }));
      for (const [mime, text] of Object.entries(transferred.texts)) data.setData(mime, text);
      const options = { bubbles: true, cancelable: true };
      element.dispatchEvent(
        transferred.type === 'paste'
          ? new ClipboardEvent('paste', { ...options, clipboardData: data })
          : new DragEvent(transferred.type, { ...options, dataTransfer: data }),
      );
    },
    { contents, texts, type },
  );
}

/** A file of a form. */
export interface FormFile {
  readonly name?: string;
  readonly bytes: Buffer | string;
}

/** A form with these files, and a report unless it is undefined. */
export function aForm(files: readonly FormFile[], report?: object): FormData {
  const form = new FormData();
  if (report !== undefined) form.append('report', JSON.stringify(report));
  for (const { name = 'a.bin', bytes } of files) form.append('file', new Blob([bytes]), name);
  return form;
}

/** The body of a form with parts as they are, and its content type. @param head the headers of a part. */
export function aRawForm(
  parts: readonly { readonly head: string; readonly body: Buffer | string }[],
  boundary = 'boundary',
): { readonly body: Buffer; readonly headers: Record<string, string> } {
  const bytes = parts.flatMap(({ head, body }) => [
    Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`),
    Buffer.from(body),
    Buffer.from('\r\n'),
  ]);
  return {
    body: Buffer.concat([...bytes, Buffer.from(`--${boundary}--\r\n`)]),
    headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` },
  };
}

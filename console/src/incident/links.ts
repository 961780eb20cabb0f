/** A part of a text: as it is, or a link. */
export interface TextPart {
  readonly text: string;
  readonly href?: string;
}

/** A URL of the web. Other schemes, such as `javascript:`, stay text. */
const WEB_URL = /https?:\/\/[^\s<>"«»“”]+/gi;

/** What ends a sentence rather than a URL. */
const TRAILING = /[.,;:!?'…)\]}]+$/;

/** Splits a text into what is a link and what is not. The parts together are the text. */
export function partsOf(text: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(WEB_URL)) {
    const url = withoutTrailing(match[0]);
    if (!URL.canParse(url)) continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index) });
    parts.push({ text: url, href: url });
    end = match.index + url.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
}

/** A closing bracket belongs to the URL if it has an opening one, as in those of Wikipedia. */
function withoutTrailing(url: string): string {
  const trailing = TRAILING.exec(url)?.[0] ?? '';
  const isBalanced = trailing.startsWith(')') && url.includes('(');
  return url.slice(0, url.length - trailing.length + (isBalanced ? 1 : 0));
}

/** A message of a supergroup of Telegram: its id begins with -100, which links leave out. */
const TELEGRAM = /^tg:-100(\d+):(\d+)$/;

/** The URL of the chat message where an incident was reported; undefined where there is none. */
export function messageUrl(origin: string | null): string | undefined {
  const [, chat, message] = TELEGRAM.exec(origin ?? '') ?? [];
  return chat === undefined ? undefined : `https://t.me/c/${chat}/${message}`;
}

/** The text, or its beginning and an ellipsis if it is longer than `maxLength` UTF-16 units. */
export function shorten(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1).toWellFormed()}…`;
}

/** "PL" -> Poland, in the reader's language; a code that is none stays. */
export function placeName(code: string, locale: string): string {
  if (!/^[A-Z]{2}$/.test(code)) return code
  try {
    return new Intl.DisplayNames(locale, { type: 'region' }).of(code) ?? code
  } catch {
    return code
  }
}

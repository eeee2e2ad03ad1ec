// Lists and pairs as texts of forms.

/** A text as a list: one entry a line. */
export const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)

export const pairsOf = (record: Record<string, string>): [string, string][] => Object.entries(record)
export const recordOf = (pairs: [string, string][]): Record<string, string> =>
  Object.fromEntries(pairs.filter(([key]) => key.trim()).map(([key, text]) => [key.trim(), text]))

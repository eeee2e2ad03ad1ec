import { type Words, WordsContext } from '../../words'

/** The board of a television: read-only, by the token in the address's fragment (demands.md D66). */
export function Wall({ words }: { words: Words }) {
  return <WordsContext.Provider value={words}>{null}</WordsContext.Provider>
}

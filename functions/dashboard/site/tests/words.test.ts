import { parse } from '@formatjs/icu-messageformat-parser'
import { describe, expect, it } from 'vitest'
import definitionsEn from '../src/words/definitions/en.json'
import definitionsEs from '../src/words/definitions/es.json'
import definitionsPl from '../src/words/definitions/pl.json'
import definitionsRu from '../src/words/definitions/ru.json'
import en from '../src/words/en'
import es from '../src/words/es'
import pl from '../src/words/pl'
import ru from '../src/words/ru'

type All = Record<string, Record<string, string>>
const others: [string, All][] = [
  ['es', es],
  ['ru', ru],
  ['pl', pl],
]

/** Names of a message's arguments, in order of the alphabet. */
function argumentsOf(text: string): string[] {
  const found = new Set<string>()
  const walk = (parts: ReturnType<typeof parse>): void => {
    for (const part of parts) {
      if (part.type !== 0 && part.type !== 7 && 'value' in part) found.add(String(part.value))
      if ('options' in part) for (const option of Object.values(part.options)) walk(option.value)
    }
  }
  walk(parse(text, { ignoreTag: true }))
  return [...found].sort()
}

describe.each(others)('the messages in %s', (_language, messages) => {
  it.each(Object.keys(en))('of area %s are the same as in English', (area) => {
    const wanted = (en as All)[area] ?? {}
    const given = messages[area] ?? {}
    expect(Object.keys(given).sort()).toEqual(Object.keys(wanted).sort())
    for (const [id, text] of Object.entries(given)) {
      expect(text.trim(), `${area}.${id}`).not.toBe('')
      if (text.includes('{') || wanted[id]?.includes('{')) {
        expect(argumentsOf(text), `${area}.${id}`).toEqual(argumentsOf(wanted[id] ?? ''))
      }
    }
  })
})

describe.each([
  ['es', definitionsEs],
  ['ru', definitionsRu],
  ['pl', definitionsPl],
])('the definitions of metrics in %s', (_language, definitions) => {
  it('are of the same metrics, with the same parts', () => {
    const parts = (all: Record<string, object>) =>
      Object.entries(all).map(([id, one]) => [id, Object.keys(one)])
    expect(parts(definitions)).toEqual(parts(definitionsEn))
  })
  it('are translated', () => {
    const english = definitionsEn as Record<string, { words: string }>
    const same = Object.entries(definitions).filter(([id, one]) => one.words === english[id]?.words)
    expect(same).toEqual([])
  })
})

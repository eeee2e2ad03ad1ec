// What was asked for, in words: the conditions of a filter, with names instead of ids.
import { useChoices } from '../../filter/bar'
import { useFormat } from '../../kit/format'
import { Fact, Facts } from '../../kit/pieces'
import { useAllWords, useWords } from '../../words'

type Named = { id: string; name: string }

export function Conditions({ filter }: { filter: Record<string, unknown> }) {
  const say = useWords('exports')
  const words = useAllWords()
  const format = useFormat()
  const choices = useChoices() as Record<string, Named[] | undefined> | undefined
  const named = (field: string, value: unknown): string => {
    if (typeof value === 'boolean') return say(value ? 'yes' : 'no')
    if (typeof value !== 'string') return String(value)
    if (/^\d{4}-\d\d-\d\d$/.test(value)) return format.day(value)
    return choices?.[field]?.find((one) => one.id === value)?.name ?? value
  }
  const shown = Object.entries(filter).filter(([, value]) => !(Array.isArray(value) && !value.length))
  if (!shown.length) return <p class="faint">{say('conditions.none')}</p>
  return (
    <Facts>
      {shown.map(([field, value]) => {
        const code = words.term('exports', `condition.${field}`)
        return (
          <Fact key={field} name={code === `condition.${field}` ? field : code}>
            {(Array.isArray(value) ? value : [value]).map((one) => named(field, one)).join(', ')}
          </Fact>
        )
      })}
    </Facts>
  )
}

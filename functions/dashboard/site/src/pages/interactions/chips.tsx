// What a filter says, in plain words: one chip for each condition, which takes it away.
import { X } from 'lucide-preact'
import { useAnswer } from '../../ask'
import type { Drill, Filter, FilterField } from '../../filter/filter'
import { useFormat } from '../../kit/format'
import { useAllWords, useTerms, useWords } from '../../words'
import './list.css'

const PERIOD: readonly string[] = ['preset', 'from', 'to']
const NAMED: Record<string, 'users' | 'teams' | 'numbers'> = {
  users: 'users',
  teams: 'teams',
  numbers: 'numbers',
}
const TERMS: Record<string, string> = {
  channels: 'channel',
  directions: 'direction',
  outcomes: 'outcome',
  message_statuses: 'message_status',
  kinds: 'kind',
  reasons: 'reason',
  labels: 'label',
  hangup_by: 'hangup',
}

/** Fields that say one thing together. */
const PAIRS: Record<string, [FilterField, FilterField]> = {
  hours_of_day: ['hour_from', 'hour_to'],
  wait: ['wait_min_s', 'wait_max_s'],
  duration: ['duration_min_s', 'duration_max_s'],
  wait_ms: ['wait_from_ms', 'wait_below_ms'],
  started: ['started_from', 'started_before'],
}

export interface Said {
  fields: FilterField[]
  name: string
  value: string
}

/** The conditions of a filter in words, beside its period. */
export function useSaid(filter: Filter): Said[] {
  const words = useAllWords()
  const term = useTerms()
  const format = useFormat()
  const choices = useAnswer('/v1/directory/choices', { params: { query: { deleted: true } } }).data
  const all = filter as Record<string, unknown>
  const nameOf = (field: string): string => words.term('interactions', `field.${field}`)
  const word = (id: string): string => words.term('interactions', id)
  const one = (field: string, value: unknown): string => {
    if (value === '') return word('none')
    const list = NAMED[field]
    if (list) {
      const found = choices?.[list].find((choice) => choice.id === value)
      return found ? found.name || ('e164' in found ? String(found.e164) : found.id) : String(value)
    }
    if (field === 'weekdays') return format.weekday(Number(value), 'long')
    if (field === 'sets') return word(`set.${value}`)
    const group = TERMS[field]
    return group ? term(`${group}.${value}`) : String(value)
  }
  const pairOf = (name: string, value: unknown): string => {
    if (value === undefined) return ''
    if (name === 'wait_ms') return format.seconds(Number(value) / 1000)
    if (name === 'started') return format.exactly(String(value))
    return name === 'hours_of_day' ? String(value) : format.seconds(Number(value))
  }
  const found: Said[] = []
  const paired = new Set<string>()
  for (const [name, fields] of Object.entries(PAIRS)) {
    const [low, high] = fields
    for (const field of fields) paired.add(field)
    if (all[low] === undefined && all[high] === undefined) continue
    const [from, to] = [pairOf(name, all[low]), pairOf(name, all[high])]
    const value = from && to ? `${from} – ${to}` : from ? `≥ ${from}` : `≤ ${to}`
    found.push({ fields: [low, high], name: nameOf(name), value })
  }
  for (const [field, value] of Object.entries(all)) {
    if (paired.has(field) || PERIOD.includes(field) || value === undefined) continue
    const base = { fields: [field as FilterField], name: nameOf(field) }
    if (Array.isArray(value)) found.push({ ...base, value: value.map((part) => one(field, part)).join(', ') })
    else if (typeof value === 'boolean') found.push({ ...base, value: value ? '' : words.say('kit', 'no') })
    else if (field === 'hours')
      found.push({ ...base, value: words.say('filter', `hours.${value}` as 'hours.all') })
    else if (field === 'team_members') found.push({ ...base, value: word(`members.${value}`) })
    else if (field === 'active_at' || field === 'talking_at')
      found.push({ ...base, value: format.exactly(String(value)) })
    else if (field === 'party' || field === 'contact') found.push({ ...base, value: '' })
    else found.push({ ...base, value: String(value) })
  }
  return found
}

export function FilterChips({ filter, set }: { filter: Filter; set: (patch: Drill) => void }) {
  const say = useWords('interactions')
  const said = useSaid(filter)
  if (!said.length) return null
  return (
    <ul class="chips" aria-label={say('conditions')}>
      {said.map(({ fields, name, value }) => (
        <li key={fields.join()} class="chip" data-field={fields[0]}>
          <span>
            {value ? <span class="faint">{name}: </span> : name}
            {value}
          </span>
          <button
            type="button"
            class="quiet small no-print"
            onClick={() => set(Object.fromEntries(fields.map((field) => [field, null])))}
          >
            <X size={14} aria-hidden="true" />
            <span class="unseen">{say('remove', { what: value ? `${name}: ${value}` : name })}</span>
          </button>
        </li>
      ))}
    </ul>
  )
}

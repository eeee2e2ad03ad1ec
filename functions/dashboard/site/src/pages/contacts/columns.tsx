// The columns of the contacts report (features.md F31-F50) and the chooser of them.
import { Columns3, FileText, MessageSquareText, Play } from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import type { Schemas } from '../../ask'
import { type Format, useFormat } from '../../kit/format'
import { Check } from '../../kit/inputs'
import { Menu } from '../../kit/overlay'
import { CopyButton, Phone, Tag } from '../../kit/pieces'
import type { Column } from '../../kit/table'
import { useSession } from '../../session'
import { useFieldNames, useTerms, useWords } from '../../words'

export type Row = Schemas['Row']

interface Shown {
  /** Columns of the API that it is made of, the one that names it first. */
  needs: readonly string[]
  end?: boolean
  cell: (row: Row, with_: Cells) => ComponentChildren
}

interface Cells {
  format: Format
  term: (code: string) => string
  say: ReturnType<typeof useWords<'contacts'>>
}

const seconds = (name: keyof Row): Shown => ({
  needs: [name],
  end: true,
  cell: (row, { format }) =>
    row[name] === null || row[name] === undefined ? '' : format.seconds(row[name] as number),
})
const text = (name: keyof Row): Shown => ({ needs: [name], cell: (row) => row[name] as string })
const number = (name: 'source_number' | 'destination_number' | 'business_number'): Shown => ({
  needs: [name],
  cell: (row) => (row[name] ? <Phone number={row[name]} /> : ''),
})
const words = (name: 'labels' | 'tags', group: string): Shown => ({
  needs: [name],
  cell: (row, { term }) => (row[name] ?? []).map((one) => (group ? term(`${group}.${one}`) : one)).join(', '),
})

/** In the order of the report; an empty campaign is outside of any, an empty agent a talk that never was (F32, F33). */
export const COLUMNS: Record<string, Shown> = {
  when: {
    needs: ['started_at_utc'],
    cell: (row, { format }) => (
      <span class="number when">
        {format.at(row.started_at_utc, {
          day: 'numeric',
          month: 'short',
          year: 'numeric',
          hour: '2-digit',
          minute: '2-digit',
          second: '2-digit',
        })}
      </span>
    ),
  },
  type: {
    needs: ['type', 'direction'],
    cell: (row, { term }) => term(`kind.${row.type}`),
  },
  status_code: {
    needs: ['status_code'],
    cell: (row) => (
      <Tag group="status_code" code={row.status_code ?? ''} tone={TONES[row.status_code ?? '']} />
    ),
  },
  agent_name: text('agent_name'),
  source_number: number('source_number'),
  destination_number: number('destination_number'),
  campaign: text('campaign'),
  queue: text('queue'),
  total_connected_s: seconds('total_connected_s'),
  dialling_s: seconds('dialling_s'),
  talk_s: seconds('talk_s'),
  hangup_by: {
    needs: ['hangup_by'],
    cell: (row, { term }) => (row.hangup_by ? term(`hangup.${row.hangup_by}`) : ''),
  },
  classifier: text('classifier'),
  record_ref: text('record_ref'),
  significant: text('significant'),
  record_id: {
    needs: ['record_id'],
    cell: (row, { say }) => (
      <span class="nowrap record-id">
        <code title={row.record_id}>{row.record_id}</code>
        <CopyButton text={row.record_id ?? ''} what={say('id')} />
      </span>
    ),
  },
  provider_id: text('provider_id'),
  team: text('team'),
  remote_name: text('remote_name'),
  business_number_name: text('business_number_name'),
  wait_s: seconds('wait_s'),
  ivr_s: seconds('ivr_s'),
  ring_s: seconds('ring_s'),
  hold_s: seconds('hold_s'),
  outcome: {
    needs: ['outcome'],
    cell: (row, { term }) => (row.outcome ? term(`outcome.${row.outcome}`) : ''),
  },
  missed_reason: {
    needs: ['missed_reason'],
    cell: (row, { term }) => (row.missed_reason ? term(`reason.${row.missed_reason}`) : ''),
  },
  reference: text('reference'),
  source: text('source'),
  labels: words('labels', 'label'),
  tags: words('tags', ''),
  cost_amount: {
    needs: ['cost_amount', 'cost_currency'],
    end: true,
    cell: (row, { format }) => (row.cost_amount ? format.money(row.cost_amount, row.cost_currency, 4) : ''),
  },
}
export const USUAL = Object.keys(COLUMNS).slice(0, Object.keys(COLUMNS).indexOf('record_id') + 1)
/** What rows are told apart by, and what their details are found by. */
export const ALWAYS = ['record_id', 'channel', 'recordings', 'transcript', 'summary', 'voicemail_s']

const TONES: Record<string, string> = {
  ANSWERED: 'good',
  DELIVERED: 'good',
  RECEIVED: 'good',
  SENT: 'good',
  NO_ANSWER: 'bad',
  FAILED: 'bad',
  UNDELIVERED: 'bad',
  BUSY: 'warn',
  PENDING: 'warn',
  RINGING: 'accent',
  CLASSIFIER: '',
}

export const askedFor = (chosen: readonly string[]): string[] => [
  ...new Set([...ALWAYS, ...chosen.flatMap((id) => COLUMNS[id]?.needs ?? [])]),
]

export function useReportColumns(chosen: readonly string[]): Column<Row>[] {
  const format = useFormat()
  const term = useTerms()
  const say = useWords('contacts')
  const name = useColumnName()
  return chosen.flatMap((id) => {
    const column = COLUMNS[id]
    return column
      ? [
          {
            id,
            title: name(id),
            end: column.end,
            names: id === 'when',
            cell: (row: Row) => column.cell(row, { format, term, say }),
          },
        ]
      : []
  })
}

function useColumnName(): (id: string) => string {
  const field = useFieldNames()
  const say = useWords('contacts')
  return (id) =>
    id === 'when'
      ? say('when')
      : id === 'status_code'
        ? say('status')
        : id === 'type'
          ? field('type_label')
          : field(id)
}

export function Chooser({
  chosen,
  onChange,
}: {
  chosen: readonly string[]
  onChange: (chosen: string[]) => void
}) {
  const say = useWords('contacts')
  const name = useColumnName()
  const costs = useSession().may('see_costs')
  const all = Object.keys(COLUMNS).filter((id) => costs || id !== 'cost_amount')
  return (
    <Menu
      toStart
      button={
        <>
          <Columns3 size={16} aria-hidden="true" /> {say('columns')}
        </>
      }
    >
      {() => (
        <>
          <div class="options" role="group" aria-label={say('columns')}>
            {all.map((id) => (
              <Check
                key={id}
                label={name(id)}
                checked={chosen.includes(id)}
                disabled={id === 'when'}
                onChange={(on) => onChange(all.filter((one) => (one === id ? on : chosen.includes(one))))}
              />
            ))}
          </div>
          <button type="button" class="small" onClick={() => onChange(USUAL)}>
            {say('usual_columns')}
          </button>
        </>
      )}
    </Menu>
  )
}

/** Plays the recording or opens the text (features.md F49); what the viewer has no right to is not offered. */
export function Details({ row, look }: { row: Row; look: (what: 'recording' | 'text') => void }) {
  const say = useWords('contacts')
  const may = useSession().may('see_content')
  if (!may) return null
  const button = (what: 'recording' | 'text', name: string, Icon: typeof Play) => (
    <button type="button" class="quiet small" title={name} onClick={() => look(what)} data-look={what}>
      <Icon size={16} aria-hidden="true" />
      <span class="unseen">{name}</span>
    </button>
  )
  return (
    <span class="nowrap">
      {row.recordings || row.voicemail_s ? button('recording', say('play'), Play) : null}
      {row.transcript || row.summary ? button('text', say('read_transcript'), FileText) : null}
      {row.channel === 'message' ? button('text', say('read'), MessageSquareText) : null}
    </span>
  )
}

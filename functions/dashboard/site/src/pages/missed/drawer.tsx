// One case with its whole story: every call and text of the caller since the miss, and what was done about it.
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { useAnswer } from '../../ask'
import { pathId } from '../../ask/ids'
import { drillTo } from '../../filter/filter'
import { useFormat } from '../../kit/format'
import { Drawer } from '../../kit/overlay'
import { CopyButton, Fact, Facts, Phone, Tag, usePhone, Way } from '../../kit/pieces'
import { Answered, Problem, Skeleton } from '../../kit/states'
import { useTerms, useWords } from '../../words'
import { CallDrawer, State } from '../interactions/detail'
import { type Act, ActDialog, Acts, type Subject } from './acts'
import { closed } from './held'
import { useNames } from './list'
import { Promised, useNow } from './moment'
import { span } from './span'
import { useCase, type Work } from './work'

const REFRESH_MS = 30_000
const STORY = 100
const COLUMNS = [
  'record_id',
  'channel',
  'type',
  'direction',
  'status_code',
  'outcome',
  'started_at_utc',
  'talk_s',
  'wait_s',
  'user_name',
  'missed_reason',
  'business_number_name',
  'business_number',
  'queue',
]

interface CaseDrawerProps {
  id: string
  /** Further cases of the same caller, where the list shows one row for all of them. */
  others?: string[]
  work: Work
  onClose: () => void
}

export function CaseDrawer({ id, others = [], work, onClose }: CaseDrawerProps) {
  const say = useWords('missed')
  const now = useNow()
  const format = useFormat()
  const term = useTerms()
  const people = useNames()
  const told = useCase(id, REFRESH_MS)
  const detail = useAnswer(
    '/v1/interactions/{id}',
    { params: { path: { id: pathId(id) }, query: {} } },
    { every: REFRESH_MS, keep: false },
  )
  const [acting, setActing] = useState<{ act: Act; subject: Subject } | null>(null)
  const [opened, setOpened] = useState<{ id: string; channel: 'call' | 'message' } | null>(null)
  const row = detail.data?.row
  const case_ = told.data?.marks.case
  const marks = work.said.get(id) ?? told.data?.marks
  const number = row?.remote_number ?? ''
  const shownNumber = usePhone(number)
  const state = marks?.state ?? case_?.state ?? ''
  const subject: Subject | null =
    told.data && row
      ? {
          id,
          version: Math.max(told.data.version, work.said.get(id)?.version ?? 0),
          others,
          state: marks?.state ?? null,
          shown: state,
          assignee: marks?.assignee ?? '',
          note: marks?.note ?? '',
          number,
          name: row.remote_name ?? '',
        }
      : null
  return (
    <Drawer title={row?.remote_name || shownNumber || say('case')} onClose={onClose}>
      {told.error && !told.data ? (
        <Problem error={told.error} retry={() => void told.refetch()} />
      ) : !told.data || !row || !subject ? (
        detail.error ? (
          <Problem error={detail.error} retry={() => void detail.refetch()} />
        ) : (
          <Skeleton lines={10} />
        )
      ) : (
        <div class="stack case" data-case={id}>
          <div class="row">
            <Tag group="case_state" code={state} tone={state === 'open' ? 'warn' : undefined} />
            {closed(state) || case_?.first_attempt_at ? null : (
              <Promised due={case_?.due_at ?? null} now={now} />
            )}
            <Phone number={number} />
          </div>
          <Acts subject={subject} work={work} onAct={(act, of) => setActing({ act, subject: of })} wide />
          {subject.note ? (
            <section class="said-note">
              <h3>{say('note')}</h3>
              <p>{subject.note}</p>
              {told.data.marks.updated_by ? (
                <p class="faint small-text">
                  {people(told.data.marks.updated_by)}, {format.at(told.data.marks.updated_at)}
                </p>
              ) : null}
            </section>
          ) : null}
          <Facts>
            <Fact name={say('fact.reason')}>
              {case_ ? term(`reason.${case_.reason}`) : '–'}
              {case_?.source && case_.source !== 'missed' ? `, ${say(`source.${case_.source}`)}` : ''}
            </Fact>
            <Fact name={say('fact.misses')}>{format.count(case_?.misses.length ?? 0)}</Fact>
            <Fact name={say('fact.opened')}>{format.exactly(case_?.opened_at)}</Fact>
            {case_ && case_.misses.length > 1 ? (
              <Fact name={say('fact.last')}>{format.exactly(case_.last_missed_at)}</Fact>
            ) : null}
            <Fact name={say('fact.due')}>{format.exactly(case_?.due_at)}</Fact>
            <Fact name={say('fact.number')}>
              {row.business_number_name ? `${row.business_number_name} ` : ''}
              <Phone number={row.business_number ?? ''} copy={false} />
            </Fact>
            {row.team || row.queue ? (
              <Fact name={say('fact.team')}>{[row.team, row.queue].filter(Boolean).join(' · ')}</Fact>
            ) : null}
            <Fact name={say('assignee')}>{subject.assignee ? people(subject.assignee) : say('nobody')}</Fact>
            <Fact name={say('fact.attempts')}>{format.count(case_?.attempts ?? 0)}</Fact>
            {case_?.first_attempt_at ? (
              <Fact name={say('fact.first_attempt')}>
                {format.exactly(case_.first_attempt_at)}
                {case_.first_attempt_ms !== null && case_.first_attempt_ms !== undefined ? (
                  <div class="faint small-text">
                    {say('after', { time: span(case_.first_attempt_ms / 1000, format.locale) })}
                    {case_.first_attempt_open_ms !== null && case_.first_attempt_open_ms !== undefined
                      ? `, ${say('after_open', { time: span(case_.first_attempt_open_ms / 1000, format.locale) })}`
                      : ''}
                  </div>
                ) : null}
              </Fact>
            ) : null}
            {case_?.closed_at ? (
              <Fact name={say('fact.closed')}>
                {format.exactly(case_.closed_at)}
                {case_.recovered_by ? <div class="small-text">{people(case_.recovered_by)}</div> : null}
              </Fact>
            ) : null}
            <Fact name={say('fact.id')}>
              <code class="small-text">{id}</code> <CopyButton text={id} what={say('fact.id')} />
            </Fact>
          </Facts>
          <Story
            party={row.party_key ?? ''}
            since={case_?.opened_at ?? row.started_at_utc ?? ''}
            first={(row.started_at_local ?? '').slice(0, 10)}
            misses={case_?.misses ?? []}
            onOpen={(one, channel) => setOpened({ id: one, channel })}
          />
        </div>
      )}
      {opened ? <CallDrawer id={opened.id} channel={opened.channel} onClose={() => setOpened(null)} /> : null}
      {acting ? (
        <ActDialog act={acting.act} subject={acting.subject} work={work} onClose={() => setActing(null)} />
      ) : null}
    </Drawer>
  )
}

interface StoryProps {
  party: string
  since: string
  first: string
  misses: readonly string[]
  onOpen: (id: string, channel: 'call' | 'message') => void
}

/** Everything between this customer and us from the miss on, oldest first. */
function Story({ party, since, first, misses, onOpen }: StoryProps) {
  const say = useWords('missed')
  const format = useFormat()
  const term = useTerms()
  // A list spans three months at most; a case is settled long before.
  const asked = { party, from: first, to: lastDay(first) }
  const story = useAnswer(
    '/v1/interactions',
    { params: { query: { ...asked, columns: COLUMNS, limit: STORY } } },
    { enabled: Boolean(party && first), keep: false },
  )
  if (!party || !first) return null
  return (
    <section class="tight">
      <div class="spread">
        <h3>{say('story')}</h3>
        <Link class="small-text" href={drillTo(asked)}>
          {say('story_all')}
        </Link>
      </div>
      <Answered query={story} lines={4}>
        {(page) => (
          <ol class="story">
            {page.rows
              .filter((row) => (row.started_at_utc ?? '') >= since || misses.includes(row.record_id ?? ''))
              .reverse()
              .map((row) => (
                <li
                  key={`${row.channel} ${row.record_id}`}
                  class={misses.includes(row.record_id ?? '') ? 'miss' : ''}
                >
                  <Way channel={row.channel ?? ''} direction={row.direction ?? ''} />
                  <button
                    type="button"
                    class="link number"
                    onClick={() =>
                      onOpen(row.record_id ?? '', row.channel === 'message' ? 'message' : 'call')
                    }
                  >
                    {format.at(row.started_at_utc)}
                  </button>
                  <State row={row} />
                  <span class="faint small-text">
                    {[
                      row.user_name,
                      row.missed_reason ? term(`reason.${row.missed_reason}`) : '',
                      row.talk_s ? format.seconds(row.talk_s) : '',
                    ]
                      .filter(Boolean)
                      .join(' · ')}
                  </span>
                </li>
              ))}
          </ol>
        )}
      </Answered>
    </section>
  )
}

/** Ninety days from a date on. */
function lastDay(first: string): string {
  const at = new Date(`${first.slice(0, 10)}T12:00:00Z`)
  at.setUTCDate(at.getUTCDate() + 90)
  return at.toISOString().slice(0, 10)
}

// What can be done about a case: the same in a row and in its drawer.
import {
  Check,
  MessageSquareText,
  MoreHorizontal,
  Phone as PhoneIcon,
  UserCheck,
  UserPlus,
  UserX,
  X,
} from 'lucide-preact'
import { useState } from 'preact/hooks'
import { useChoices } from '../../filter/bar'
import { matches } from '../../kit/choices'
import { useFormat } from '../../kit/format'
import { Field, Select } from '../../kit/inputs'
import { Dialog, Menu } from '../../kit/overlay'
import { useSession } from '../../session'
import { useWords } from '../../words'
import { closed, type Marked } from './held'
import type { Before, Work } from './work'

/** What the acts need to know of a case. */
export interface Subject extends Before, Marked {
  /** As it is shown: the records' state or the people's. */
  shown: string
  number: string
  name: string
}

export type Act = 'assign' | 'note' | 'dismiss'

interface ActsProps {
  subject: Subject
  work: Work
  onAct: (act: Act, subject: Subject) => void
  /** In words, for the drawer. */
  wide?: boolean
}

export function Acts({ subject, work, onAct, wide }: ActsProps) {
  const say = useWords('missed')
  const session = useSession()
  const me = session.me.user.id
  const busy = work.busy.has(subject.id)
  const done = closed(subject.shown)
  const callable = /^\+\d{5,}$/.test(subject.number)
  const may = session.may('work_cases')
  const text = (id: Parameters<typeof say>[0]) => (wide ? say(id) : <span class="unseen">{say(id)}</span>)
  const mine = subject.assignee === me
  return (
    <div class="acts no-print" role="group" aria-label={say('acts', { who: subject.name || subject.number })}>
      {callable ? (
        <a
          class={wide ? 'button primary' : 'button small'}
          href={`tel:${subject.number}`}
          title={say('call_back')}
          data-act="call"
        >
          <PhoneIcon size={15} aria-hidden="true" /> {text('call_back')}
        </a>
      ) : null}
      {may ? (
        <>
          {done ? null : (
            <>
              <button
                type="button"
                class={wide ? '' : 'small'}
                disabled={busy}
                aria-pressed={mine}
                title={say(mine ? 'mine_already' : 'assign_me')}
                data-act="mine"
                onClick={() => void toMe(work, subject, me, say)}
              >
                <UserCheck size={15} aria-hidden="true" /> {text(mine ? 'mine_already' : 'assign_me')}
              </button>
              <button
                type="button"
                class={wide ? '' : 'small'}
                disabled={busy}
                title={say('reached')}
                data-act="reached"
                onClick={() => void reach(work, subject, say)}
              >
                <Check size={15} aria-hidden="true" /> {text('reached')}
              </button>
            </>
          )}
          <Menu
            toStart
            className={wide ? '' : 'small'}
            name={say('more')}
            button={<MoreHorizontal size={15} aria-hidden="true" />}
          >
            {(close) => {
              const item = (act: Act) => () => {
                close()
                onAct(act, subject)
              }
              return (
                <div class="options">
                  {done ? null : (
                    <button type="button" onClick={item('assign')}>
                      <UserPlus size={15} aria-hidden="true" /> {say('assign')}
                    </button>
                  )}
                  <button type="button" onClick={item('note')}>
                    <MessageSquareText size={15} aria-hidden="true" />{' '}
                    {say(subject.note ? 'note_edit' : 'note_add')}
                  </button>
                  {done ? null : (
                    <button type="button" onClick={item('dismiss')}>
                      <X size={15} aria-hidden="true" /> {say('dismiss')}
                    </button>
                  )}
                  {subject.state || subject.assignee ? (
                    <button
                      type="button"
                      onClick={() => {
                        close()
                        void work.change(subject, { state: null, assignee: '' }, say('given_back'))
                      }}
                    >
                      <UserX size={15} aria-hidden="true" /> {say('give_back')}
                    </button>
                  ) : null}
                </div>
              )
            }}
          </Menu>
        </>
      ) : null}
    </div>
  )
}

type Say = ReturnType<typeof useWords<'missed'>>

export function toMe(work: Work, subject: Subject, me: string, say: Say) {
  return subject.assignee === me
    ? work.change(subject, { state: null, assignee: '' }, say('given_back'))
    : work.change(subject, { state: 'assigned', assignee: me }, say('assigned_me'))
}

export function reach(work: Work, subject: Subject, say: Say) {
  return work.change(subject, { state: 'reached' }, say('reached_done'))
}

/** The dialog of an act that needs more than a click. */
export function ActDialog({
  act,
  subject,
  work,
  onClose,
}: {
  act: Act
  subject: Subject
  work: Work
  onClose: () => void
}) {
  if (act === 'assign') return <Assign subject={subject} work={work} onClose={onClose} />
  if (act === 'note') return <Note subject={subject} work={work} onClose={onClose} />
  return <Dismiss subject={subject} work={work} onClose={onClose} />
}

type DialogProps = Omit<Parameters<typeof ActDialog>[0], 'act'>

function Assign({ subject, work, onClose }: DialogProps) {
  const say = useWords('missed')
  const kit = useWords('kit')
  const format = useFormat()
  const session = useSession()
  const [searched, search] = useState('')
  const me = session.me.user
  const people = (useChoices()?.users ?? [])
    .filter((one) => !one.deleted && matches(one, searched))
    .sort(
      (a, b) =>
        Number(b.id === me.id) - Number(a.id === me.id) || format.compare(a.name || a.id, b.name || b.id),
    )
  return (
    <Dialog title={say('assign_who', { who: subject.name || subject.number })} onClose={onClose}>
      <div class="stack">
        <input
          type="search"
          value={searched}
          placeholder={kit('search')}
          aria-label={kit('search')}
          onInput={(event) => search(event.currentTarget.value)}
        />
        <div class="people" role="group" aria-label={say('assign')}>
          {people.map((one) => (
            <button
              type="button"
              key={one.id}
              aria-pressed={one.id === subject.assignee}
              onClick={() => {
                onClose()
                void work.change(
                  subject,
                  { state: 'assigned', assignee: one.id },
                  say('assigned_to', { who: one.name || one.id }),
                )
              }}
            >
              {one.name || one.id} {one.id === me.id ? <span class="faint">{say('me')}</span> : null}
            </button>
          ))}
          {people.length ? null : <p class="faint">{kit('nothing_found')}</p>}
        </div>
      </div>
    </Dialog>
  )
}

const MOST_NOTE = 4000

function Note({ subject, work, onClose }: DialogProps) {
  const say = useWords('missed')
  const kit = useWords('kit')
  const [text, setText] = useState(subject.note)
  const save = () => {
    onClose()
    void work.change(subject, { note: text.trim() }, say('noted'))
  }
  return (
    <Dialog
      title={say('note_of', { who: subject.name || subject.number })}
      onClose={onClose}
      foot={
        <>
          <button type="button" onClick={onClose}>
            {kit('cancel')}
          </button>
          <button type="button" class="primary" disabled={text.trim() === subject.note} onClick={save}>
            {kit('save')}
          </button>
        </>
      }
    >
      <Field label={say('note')} why={say('note_why')}>
        {(attributes) => (
          <textarea
            {...attributes}
            class="note"
            maxLength={MOST_NOTE}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        )}
      </Field>
    </Dialog>
  )
}

const WHYS = ['spam', 'wrong_number', 'settled', 'private', 'double', 'other'] as const

function Dismiss({ subject, work, onClose }: DialogProps) {
  const say = useWords('missed')
  const kit = useWords('kit')
  const [why, setWhy] = useState<(typeof WHYS)[number]>('settled')
  const [text, setText] = useState('')
  const needed = why === 'other' && !text.trim()
  const dismiss = () => {
    const reason = [why === 'other' ? '' : say(`why.${why}`), text.trim()].filter(Boolean).join(': ')
    const note = [subject.note, `${say('dismissed')}: ${reason}`]
      .filter(Boolean)
      .join('\n')
      .slice(0, MOST_NOTE)
    onClose()
    void work.change(subject, { state: 'dismissed', note }, say('dismissed_done'))
  }
  return (
    <Dialog
      title={say('dismiss_who', { who: subject.name || subject.number })}
      onClose={onClose}
      foot={
        <>
          <button type="button" onClick={onClose}>
            {kit('cancel')}
          </button>
          <button type="button" class="primary" disabled={needed} onClick={dismiss}>
            {say('dismiss')}
          </button>
        </>
      }
    >
      <div class="form">
        <p class="faint">{say('dismiss_why')}</p>
        <Select
          label={say('why')}
          value={why}
          options={WHYS.map((one) => ({ id: one, name: say(`why.${one}`) }))}
          onChange={setWhy}
        />
        <Field label={say('why_text')}>
          {(attributes) => (
            <textarea
              {...attributes}
              class="note"
              maxLength={1000}
              value={text}
              onInput={(event) => setText(event.currentTarget.value)}
            />
          )}
        </Field>
      </div>
    </Dialog>
  )
}

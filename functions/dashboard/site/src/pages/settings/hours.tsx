// When it is open: the workspace's week, holidays, and schedules of teams and numbers with a validity (demands.md D10).
import { Copy, Plus, Trash2 } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { type AskError, client, type Schemas, useAnswer } from '../../ask'
import { useFormat } from '../../kit/format'
import { Check, Select, Text, wrongOf } from '../../kit/inputs'
import { Notice } from '../../kit/pieces'
import { Answered } from '../../kit/states'
import { useWords } from '../../words'
import { ifMatch, useSaving, useVersioned, type Versioned, Wrong } from './editing'
import { bodyOf, type Hours, hoursOf, type Week, type Window } from './week'

type Settings = Schemas['SettingsView']
interface Schedule {
  hours: Hours
  valid_from: string
  valid_to: string
  team: string
  number: string
}

const DAYS = [1, 2, 3, 4, 5, 6, 7]
const WORKING: Week = Object.fromEntries([1, 2, 3, 4, 5].map((day) => [String(day), [['09:00', '17:00']]]))

export default function HoursTab() {
  const query = useVersioned('/v1/directory/settings')
  return (
    <Answered query={query}>
      {(found) => <Form key={found.etag} found={found} reload={() => void query.refetch()} />}
    </Answered>
  )
}

function Form({ found, reload }: { found: Versioned<Settings>; reload: () => void }) {
  const say = useWords('settings')
  const kit = useWords('kit')
  const format = useFormat()
  const settings = found.document
  const [hours, setHours] = useState(() => hoursOf(settings.hours))
  const [schedules, setSchedules] = useState<Schedule[]>(() =>
    settings.schedules.map((one) => ({
      hours: hoursOf(one.hours),
      valid_from: one.valid_from ?? '',
      valid_to: one.valid_to ?? '',
      team: one.team ?? '',
      number: one.number ?? '',
    })),
  )
  const teams = useAnswer('/v1/directory/teams', {})
  const numbers = useAnswer('/v1/directory/numbers', {})
  const saving = useSaving(['/v1/directory/settings', '/v1/me'])
  const put = (at: number, patch: Partial<Schedule>) =>
    setSchedules(schedules.map((one, n) => (n === at ? { ...one, ...patch } : one)))
  const save = () =>
    saving.run(() =>
      client.PATCH('/v1/directory/settings', {
        params: { header: ifMatch(found.etag) },
        body: {
          hours: bodyOf(hours),
          schedules: schedules.map((one) => ({
            hours: bodyOf(one.hours),
            team: one.team,
            number: one.number,
            ...(one.valid_from ? { valid_from: one.valid_from } : {}),
            ...(one.valid_to ? { valid_to: one.valid_to } : {}),
          })),
        },
      }),
    )
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault()
        save()
      }}
    >
      <Wrong error={saving.error} fields={['hours', 'schedules']} reload={reload} />
      <section class="card stack">
        <header>
          <div>
            <h2>{say('tab.hours')}</h2>
            <p class="about">{say('hours.about', { zone: settings.zone })}</p>
          </div>
        </header>
        <HoursForm
          hours={hours}
          onChange={setHours}
          fiscal={settings.week_start}
          wrong={wrongOf(saving.error, 'hours')}
        />
      </section>
      <section class="card stack">
        <header>
          <div>
            <h2>{say('schedules')}</h2>
            <p class="about">{say('schedules.about')}</p>
          </div>
          <button
            type="button"
            onClick={() =>
              setSchedules([
                ...schedules,
                {
                  hours: { weekly: { ...WORKING }, holidays: [] },
                  valid_from: '',
                  valid_to: '',
                  team: '',
                  number: '',
                },
              ])
            }
          >
            <Plus size={16} aria-hidden="true" /> {say('schedules.add')}
          </button>
        </header>
        {schedules.map((one, at) => {
          const team = teams.data?.teams.find((found) => found.id === one.team)
          const number = numbers.data?.numbers.find((found) => found.id === one.number)
          const name =
            team?.name ?? (number ? number.name || number.e164 : one.team || one.number || say('everybody'))
          return (
            <details key={at} open={!settings.schedules[at]}>
              <summary>
                <b>{name}</b>{' '}
                <span class="faint">
                  {one.valid_from || one.valid_to
                    ? `${one.valid_from ? format.day(one.valid_from) : '…'} – ${
                        one.valid_to ? format.day(one.valid_to) : '…'
                      }`
                    : say('schedules.always')}
                </span>
              </summary>
              <div class="stack schedule">
                <div class="two">
                  <Select
                    label={say('schedules.of')}
                    value={one.team ? `team ${one.team}` : one.number ? `number ${one.number}` : ''}
                    options={[
                      { id: '', name: say('everybody') },
                      ...(teams.data?.teams ?? []).map((team) => ({
                        id: `team ${team.id}`,
                        name: team.name,
                      })),
                      ...(numbers.data?.numbers ?? []).map((number) => ({
                        id: `number ${number.id}`,
                        name: number.name || number.e164,
                      })),
                    ]}
                    onChange={(chosen) => {
                      const [kind, id = ''] = chosen.split(' ', 2)
                      put(at, { team: kind === 'team' ? id : '', number: kind === 'number' ? id : '' })
                    }}
                    wrong={
                      wrongOf(saving.error, `schedules.${at}.team`) ??
                      wrongOf(saving.error, `schedules.${at}.number`)
                    }
                  />
                  <Text
                    label={say('valid_from')}
                    type="date"
                    value={one.valid_from}
                    onChange={(valid_from) => put(at, { valid_from })}
                    wrong={wrongOf(saving.error, `schedules.${at}.valid_from`)}
                  />
                  <Text
                    label={say('valid_to')}
                    type="date"
                    value={one.valid_to}
                    onChange={(valid_to) => put(at, { valid_to })}
                    wrong={wrongOf(saving.error, `schedules.${at}.valid_to`)}
                  />
                </div>
                <HoursForm
                  hours={one.hours}
                  onChange={(hours) => put(at, { hours })}
                  fiscal={settings.week_start}
                  wrong={wrongOf(saving.error, `schedules.${at}.hours`)}
                />
                <div>
                  <button
                    type="button"
                    class="danger"
                    onClick={() => setSchedules(schedules.filter((_, n) => n !== at))}
                  >
                    <Trash2 size={16} aria-hidden="true" /> {say('schedules.remove')}
                  </button>
                </div>
              </div>
            </details>
          )
        })}
        {schedules.length ? null : <p class="faint">{say('schedules.none')}</p>}
      </section>
      <Notice>{say('again.history')}</Notice>
      <div class="savebar">
        <SaveState error={saving.error} />
        <button type="submit" class="primary" disabled={saving.busy}>
          {kit('save')}
        </button>
      </div>
    </form>
  )
}

/** Beside a save button that is far from what is wrong. */
export function SaveState({ error }: { error: AskError | null }) {
  const say = useWords('settings')
  return error ? <span class="bad small-text">{say('wrong.above')}</span> : null
}

function HoursForm({
  hours,
  onChange,
  fiscal,
  wrong,
}: {
  hours: Hours
  onChange: (hours: Hours) => void
  fiscal: number
  wrong?: string
}) {
  const say = useWords('settings')
  const format = useFormat()
  const [holiday, setHoliday] = useState('')
  const always = !Object.values(hours.weekly).some((windows) => windows.length)
  const days = DAYS.map((day) => ((day + fiscal - 2) % 7) + 1)
  const put = (day: number, windows: Window[]) =>
    onChange({ ...hours, weekly: { ...hours.weekly, [String(day)]: windows } })
  const addHoliday = () => {
    if (holiday && !hours.holidays.includes(holiday))
      onChange({ ...hours, holidays: [...hours.holidays, holiday].sort() })
    setHoliday('')
  }
  return (
    <div class="stack">
      <Check
        label={say('hours.always')}
        why={say('hours.always.why')}
        checked={always}
        onChange={(checked) =>
          onChange(checked ? { weekly: {}, holidays: [] } : { ...hours, weekly: { ...WORKING } })
        }
      />
      {wrong ? <p class="bad small-text">{wrong}</p> : null}
      {always ? null : (
        <>
          <div class="week">
            {days.map((day) => {
              const name = format.weekday(day, 'long')
              const windows = hours.weekly[String(day)] ?? []
              return (
                <div class="day" key={day} role="group" aria-label={name}>
                  <span class="name">{name}</span>
                  <div class="windows">
                    {windows.map(([from, to], at) => (
                      <span class="window" key={at}>
                        <input
                          type="time"
                          required
                          aria-label={say('hours.from', { day: name })}
                          value={from}
                          onInput={(event) =>
                            put(
                              day,
                              windows.map((one, n) => (n === at ? [event.currentTarget.value, one[1]] : one)),
                            )
                          }
                        />
                        –
                        <input
                          type="time"
                          required
                          aria-label={say('hours.to', { day: name })}
                          value={to}
                          onInput={(event) =>
                            put(
                              day,
                              windows.map((one, n) => (n === at ? [one[0], event.currentTarget.value] : one)),
                            )
                          }
                        />
                        <button
                          type="button"
                          class="quiet small"
                          aria-label={say('hours.remove', { day: name })}
                          title={say('hours.remove', { day: name })}
                          onClick={() =>
                            put(
                              day,
                              windows.filter((_, n) => n !== at),
                            )
                          }
                        >
                          <Trash2 size={14} aria-hidden="true" />
                        </button>
                      </span>
                    ))}
                    {windows.length ? null : <span class="faint">{say('hours.closed')}</span>}
                    <button
                      type="button"
                      class="quiet small"
                      aria-label={say('hours.add', { day: name })}
                      title={say('hours.add', { day: name })}
                      onClick={() =>
                        put(day, [...windows, windows.length ? ['18:00', '20:00'] : ['09:00', '17:00']])
                      }
                    >
                      <Plus size={14} aria-hidden="true" />
                    </button>
                    {windows.length ? (
                      <button
                        type="button"
                        class="quiet small"
                        aria-label={say('hours.copy', { day: name })}
                        title={say('hours.copy', { day: name })}
                        onClick={() =>
                          onChange({
                            ...hours,
                            weekly: {
                              ...hours.weekly,
                              ...Object.fromEntries(
                                [1, 2, 3, 4, 5].map((one) => [String(one), [...windows]]),
                              ),
                            },
                          })
                        }
                      >
                        <Copy size={14} aria-hidden="true" />
                      </button>
                    ) : null}
                  </div>
                </div>
              )
            })}
          </div>
          <p class="faint small-text">{say('hours.midnight')}</p>
          <fieldset class="tight">
            <legend>{say('holidays')}</legend>
            <div class="holidays">
              {hours.holidays.map((day) => (
                <span class="tag" key={day}>
                  {format.day(day, { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' })}
                  <button
                    type="button"
                    class="quiet small"
                    aria-label={say('holidays.remove', { day: format.day(day) })}
                    onClick={() =>
                      onChange({ ...hours, holidays: hours.holidays.filter((one) => one !== day) })
                    }
                  >
                    ×
                  </button>
                </span>
              ))}
              {hours.holidays.length ? null : <span class="faint">{say('none')}</span>}
            </div>
            <div class="row">
              <input
                type="date"
                aria-label={say('holidays.add')}
                value={holiday}
                onInput={(event) => setHoliday(event.currentTarget.value)}
              />
              <button type="button" class="small" disabled={!holiday} onClick={addHoliday}>
                {say('holidays.add')}
              </button>
            </div>
          </fieldset>
        </>
      )}
    </div>
  )
}

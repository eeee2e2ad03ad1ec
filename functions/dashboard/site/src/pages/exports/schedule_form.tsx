// A schedule, new or changed: what is mailed, when, to whom, in which form.
import { useState } from 'preact/hooks'
import { type AskError, client, type Schemas, useAnswer, useChange } from '../../ask'
import { optionsOf, useChoices } from '../../filter/bar'
import { Many, Switch } from '../../kit/choices'
import { useFormat } from '../../kit/format'
import { Check, Refusal, Select, Text, wrongOf } from '../../kit/inputs'
import { Dialog, useToast } from '../../kit/overlay'
import { useMay, useSession } from '../../session'
import { useWords } from '../../words'
import { type FileForm, FileFormFields, USUAL_FORM } from './fileform'
import { type Recipient, Recipients } from './recipients'
import type { Schedule } from './schedules'
import { useFinance, useTitles } from './titles'

type Request = Record<string, unknown>
type Source = 'export' | 'saved' | 'report'
const LIST = '/v1/schedules'
const CADENCES = ['daily', 'weekly', 'monthly', 'quarterly', 'yearly'] as const
const DAYS = [...Array.from({ length: 31 }, (_, at) => String(at + 1)), 'last']
const FIRST: Required<Schemas['Timing']> = {
  cadence: 'weekly',
  at: '08:00',
  zone: '',
  weekday: 1,
  day: '1',
  month: 1,
}
const PLACES = ['teams', 'users', 'numbers'] as const

const sourceOf = (schedule: Schedule | null, saved: string): Source => {
  if (saved) return 'saved'
  if (schedule?.what.kind === 'report') return 'report'
  return schedule?.what.request?.saved ? 'saved' : 'export'
}

/** What an export of a schedule is of; what this form does not show stays as it is. */
function ExportFields({
  request,
  onChange,
  error,
}: {
  request: Request
  onChange: (request: Request) => void
  error: AskError | null
}) {
  const say = useWords('exports')
  const filterWords = useWords('filter')
  const titles = useTitles()
  const choices = useChoices()
  const offers = useAnswer('/v1/exports/reports', {})
  const filter = (request.filter ?? {}) as Request
  const options = (request.options ?? {}) as Request
  const report = typeof request.report === 'string' ? request.report : 'interactions'
  const id = `${report} ${typeof options.chart === 'string' ? options.chart : ''}`.trim()
  const put = (name: string, value: unknown) => {
    const { [name]: _, ...rest } = filter
    onChange({ ...request, filter: value ? { ...rest, [name]: value } : rest })
  }
  return (
    <>
      <Select
        label={say('schedule.report')}
        value={id}
        options={(offers.data?.reports ?? []).map((one) => ({
          id: `${one.report} ${one.chart}`.trim(),
          name: titles({
            kind: 'export',
            name: one.report,
            title: one.title,
            options: one.chart ? { chart: one.chart } : {},
          }),
        }))}
        onChange={(next) => {
          const [name = '', chart = ''] = next.split(' ')
          const { columns: _columns, profile: _profile, ...rest } = request
          onChange({
            ...rest,
            report: name,
            options: chart ? { chart, ...(chart === 'breakdown' ? { by: 'user' } : {}) } : {},
          })
        }}
        wrong={wrongOf(error, 'what.request')}
      />
      <div class="row">
        {PLACES.map((place) => (
          <Many
            key={place}
            label={filterWords(place)}
            options={optionsOf(choices?.[place])}
            chosen={Array.isArray(filter[place]) ? (filter[place] as string[]) : []}
            onChange={(all) => put(place, all.length ? all : null)}
          />
        ))}
      </div>
      {['interactions', 'detailed', 'legs'].includes(report) ? (
        <Check
          label={filterWords('only_missed')}
          checked={filter.only_missed === true}
          onChange={(on) => put('only_missed', on || null)}
        />
      ) : null}
    </>
  )
}

interface FormProps {
  schedule: Schedule | null
  /** A saved report that it shall mail. */
  saved: string
  onClose: () => void
}

export function ScheduleForm({ schedule, saved, onClose }: FormProps) {
  const say = useWords('exports')
  const format = useFormat()
  const tell = useToast()
  const session = useSession()
  const finance = useFinance()
  const admin = useMay('administer')
  const own = schedule?.what
  const before: Request = own?.request ?? {}
  const [name, setName] = useState(schedule?.name ?? '')
  const [source, setSource] = useState<Source>(sourceOf(schedule, saved))
  const [request, setRequest] = useState<Request>(
    own?.kind === 'export' && !before.saved ? before : { report: 'interactions' },
  )
  const [savedId, setSavedId] = useState(saved || (typeof before.saved === 'string' ? before.saved : ''))
  const [query, setQuery] = useState(own?.kind === 'report' ? (own.name ?? '') : '')
  const [parameters, setParameters] = useState<Record<string, string>>(
    own?.kind === 'report' ? (before as Record<string, string>) : {},
  )
  const [timing, setTiming] = useState<Required<Schemas['Timing']>>({ ...FIRST, ...schedule?.timing })
  const [recipients, setRecipients] = useState<Recipient[]>(
    schedule?.recipients.map(({ user, address, language }) =>
      user ? { user, language } : { address, language },
    ) ?? [{ user: session.me.user.id }],
  )
  const [form, setForm] = useState<FileForm>(
    schedule
      ? {
          format: schedule.format,
          dialect: schedule.dialect as FileForm['dialect'],
          headers: schedule.headers,
          language: schedule.language,
        }
      : USUAL_FORM,
  )
  const [skip, setSkip] = useState(schedule?.skip_when_empty ?? false)
  const [takeOver, setTakeOver] = useState(false)
  const reports = useAnswer(
    '/v1/reports',
    { params: { query: { language: session.language } } },
    { enabled: finance },
  )
  const kept = useAnswer('/v1/saved-reports', {})
  const save = useChange(
    (body: Schemas['ScheduleBody']) =>
      schedule
        ? client.PUT('/v1/schedules/{id}', {
            params: { path: { id: schedule.id }, header: { 'If-Match': `"${schedule.version}"` } },
            body,
          })
        : client.POST(LIST, { body }),
    [LIST, '/v1/mail/addresses'],
  )
  const chosen = reports.data?.reports.find((one) => one.name === query)
  const asked = (chosen?.parameters ?? []).filter(
    (one) => one.name !== 'first_date' && one.name !== 'last_date',
  )

  const what = (): Schemas['WhatBody'] => {
    if (source === 'report')
      return {
        kind: 'report',
        name: query,
        request: Object.fromEntries(asked.map((one) => [one.name, parameters[one.name] ?? ''])),
      }
    return { kind: 'export', request: source === 'saved' ? { saved: savedId } : request }
  }
  const moment = (): Schemas['TimingBody'] => {
    const { cadence, at, zone, weekday, day, month } = timing
    return {
      cadence,
      at,
      zone,
      ...(cadence === 'weekly' ? { weekday } : {}),
      ...(cadence === 'monthly' || cadence === 'quarterly' || cadence === 'yearly' ? { day } : {}),
      ...(cadence === 'quarterly' || cadence === 'yearly' ? { month } : {}),
    }
  }
  const submit = () =>
    save.mutate(
      {
        name,
        what: what(),
        timing: moment(),
        recipients,
        ...form,
        skip_when_empty: skip,
        ...(takeOver ? { owner: session.me.user.id } : {}),
      },
      {
        onSuccess: (made) => {
          tell(say('schedule.kept', { name: made.name }))
          onClose()
        },
      },
    )
  const complete =
    name.trim() && recipients.length && (source === 'saved' ? savedId : source === 'report' ? query : true)
  const sources: Source[] = finance ? ['export', 'saved', 'report'] : ['export', 'saved']
  const dated = timing.cadence === 'monthly' || timing.cadence === 'quarterly' || timing.cadence === 'yearly'
  return (
    <Dialog
      kind="wide"
      title={schedule ? say('schedule.edit', { name: schedule.name }) : say('schedule.new')}
      onClose={onClose}
      foot={
        <>
          <button type="button" onClick={onClose}>
            {say('close')}
          </button>
          <button type="submit" form="schedule-form" class="primary" disabled={!complete || save.isPending}>
            {say('save')}
          </button>
        </>
      }
    >
      <form
        id="schedule-form"
        class="form"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <Text
          label={say('name')}
          value={name}
          onChange={setName}
          maxLength={120}
          required
          wrong={wrongOf(save.error, 'name')}
        />
        <fieldset class="form">
          <legend>{say('schedule.what')}</legend>
          <Switch
            label={say('schedule.what')}
            options={sources.map((one) => ({ id: one, name: say(`schedule.source.${one}`) }))}
            chosen={source}
            onChange={setSource}
          />
          {source === 'export' ? (
            <ExportFields request={request} onChange={setRequest} error={save.error} />
          ) : null}
          {source === 'saved' ? (
            <Select
              label={say('schedule.source.saved')}
              value={savedId}
              options={[
                { id: '', name: say('choose') },
                ...(kept.data?.reports ?? []).map((one) => ({ id: one.id, name: one.name })),
              ]}
              onChange={setSavedId}
              wrong={wrongOf(save.error, 'what.request')}
            />
          ) : null}
          {source === 'report' ? (
            <>
              <Select
                label={say('schedule.source.report')}
                value={query}
                options={[
                  { id: '', name: say('choose') },
                  ...(reports.data?.reports ?? []).map((one) => ({ id: one.name, name: one.title })),
                ]}
                onChange={setQuery}
                wrong={wrongOf(save.error, 'what.name')}
              />
              {asked.map((one) => (
                <Text
                  key={one.name}
                  label={one.name}
                  required
                  value={parameters[one.name] ?? ''}
                  onChange={(value) => setParameters({ ...parameters, [one.name]: value })}
                  wrong={wrongOf(save.error, `what.request.${one.name}`)}
                />
              ))}
            </>
          ) : null}
          <p class="faint small-text">{say('schedule.period')}</p>
        </fieldset>
        <fieldset class="form">
          <legend>{say('schedule.when')}</legend>
          <div class="grid export-small">
            <Select
              label={say('cadence')}
              value={timing.cadence}
              options={CADENCES.map((one) => ({ id: one, name: say(`cadence.${one}`) }))}
              onChange={(cadence) => setTiming({ ...timing, cadence, month: 1 })}
              wrong={wrongOf(save.error, 'timing.cadence')}
            />
            {timing.cadence === 'weekly' ? (
              <Select
                label={say('weekday')}
                value={String(timing.weekday)}
                options={[1, 2, 3, 4, 5, 6, 7].map((one) => ({
                  id: String(one),
                  name: format.weekday(one, 'long'),
                }))}
                onChange={(one) => setTiming({ ...timing, weekday: Number(one) })}
              />
            ) : null}
            {dated ? (
              <Select
                label={say('day')}
                value={timing.day}
                options={DAYS.map((one) => ({ id: one, name: one === 'last' ? say('day.last') : one }))}
                onChange={(day) => setTiming({ ...timing, day })}
                wrong={wrongOf(save.error, 'timing.day')}
              />
            ) : null}
            {timing.cadence === 'quarterly' || timing.cadence === 'yearly' ? (
              <Select
                label={say(timing.cadence === 'quarterly' ? 'month.quarter' : 'month.year')}
                value={String(timing.month)}
                options={Array.from({ length: timing.cadence === 'quarterly' ? 3 : 12 }, (_, at) => ({
                  id: String(at + 1),
                  name: String(at + 1),
                }))}
                onChange={(one) => setTiming({ ...timing, month: Number(one) })}
                wrong={wrongOf(save.error, 'timing.month')}
              />
            ) : null}
            <Text
              label={say('schedule.at')}
              type="time"
              required
              value={timing.at}
              onChange={(at) => setTiming({ ...timing, at: at.slice(0, 5) })}
              wrong={wrongOf(save.error, 'timing.at')}
            />
            <Text
              label={say('schedule.zone')}
              list="zones"
              placeholder={session.me.workspace.zone}
              value={timing.zone}
              onChange={(zone) => setTiming({ ...timing, zone })}
              wrong={wrongOf(save.error, 'timing.zone')}
            />
            <datalist id="zones">
              {Intl.supportedValuesOf('timeZone').map((zone) => (
                <option key={zone} value={zone} />
              ))}
            </datalist>
          </div>
        </fieldset>
        <Recipients
          recipients={recipients}
          known={schedule?.recipients}
          onChange={setRecipients}
          wrong={wrongOf(save.error, 'recipients')}
        />
        <FileFormFields form={form} onChange={setForm} error={save.error} />
        <Check label={say('schedule.skip')} checked={skip} onChange={setSkip} />
        {schedule && !schedule.mine && admin ? (
          <Check
            label={say('schedule.take_over')}
            why={say('schedule.take_over.why')}
            checked={takeOver}
            onChange={setTakeOver}
          />
        ) : null}
        <Refusal error={save.error} />
      </form>
    </Dialog>
  )
}

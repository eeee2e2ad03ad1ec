// Drawers, dialogs, menus, hints and passing messages. Dialogs are the browser's own: focus, Escape and the
// background are its work.
import { Info, X } from 'lucide-preact'
import { type ComponentChildren, createContext } from 'preact'
import { createPortal } from 'preact/compat'
import { useCallback, useContext, useEffect, useId, useRef, useState } from 'preact/hooks'
import { useWords } from '../words'

interface DialogProps {
  title: ComponentChildren
  onClose: () => void
  children: ComponentChildren
  foot?: ComponentChildren
  /** box: in the middle; wide: for tables; drawer: from the side. */
  kind?: 'box' | 'wide' | 'drawer'
}

export function Dialog({ title, onClose, children, foot, kind = 'box' }: DialogProps) {
  const say = useWords('kit')
  const id = useId()
  const dialog = useRef<HTMLDialogElement>(null)
  const toasts = useRef<HTMLDivElement>(null)
  const host = useContext(HostContext)
  useEffect(() => {
    const shown = dialog.current
    const before = document.activeElement
    shown?.showModal()
    const gone = toasts.current ? host(toasts.current) : undefined
    return () => {
      gone?.()
      shown?.close()
      if (before instanceof HTMLElement) before.focus()
    }
  }, [host])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a click beside the dialog closes it as Escape does
    <dialog
      ref={dialog}
      class={kind === 'drawer' ? 'drawer' : kind === 'wide' ? 'box wide' : 'box'}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose()
      }}
    >
      <div class="dialog-in">
        <div class="dialog-head">
          <h2 id={id}>{title}</h2>
          <button type="button" class="quiet small" onClick={onClose}>
            <X size={20} aria-hidden="true" />
            <span class="unseen">{say('close')}</span>
          </button>
        </div>
        <div class="dialog-body">{children}</div>
        {foot ? <div class="dialog-foot">{foot}</div> : null}
      </div>
      <div ref={toasts} />
    </dialog>
  )
}

export function Drawer(props: Omit<DialogProps, 'kind'>) {
  return <Dialog {...props} kind="drawer" />
}

interface ConfirmProps {
  title: string
  text: ComponentChildren
  action: string
  danger?: boolean
  busy?: boolean
  onConfirm: () => void
  onClose: () => void
}

export function Confirm({ title, text, action, danger, busy, onConfirm, onClose }: ConfirmProps) {
  const say = useWords('kit')
  return (
    <Dialog
      title={title}
      onClose={onClose}
      foot={
        <>
          <button type="button" onClick={onClose}>
            {say('cancel')}
          </button>
          <button type="button" class={danger ? 'danger' : 'primary'} disabled={busy} onClick={onConfirm}>
            {action}
          </button>
        </>
      }
    >
      {text}
    </Dialog>
  )
}

interface MenuProps {
  /** What stands on the button; `name` is said where it is an icon alone. */
  button: ComponentChildren
  name?: string
  children: (close: () => void) => ComponentChildren
  className?: string
  toStart?: boolean
}

/** A button with a box below it: closed by Escape, by a click elsewhere and when the focus leaves. */
export function Menu({ button, name, children, className = '', toStart }: MenuProps) {
  const [open, setOpen] = useState(false)
  const place = useRef<HTMLDivElement>(null)
  const close = useCallback(() => {
    setOpen(false)
    place.current?.querySelector('button')?.focus()
  }, [])
  useEffect(() => {
    if (!open) return
    const away = (event: PointerEvent) => {
      if (!place.current?.contains(event.target as Node)) setOpen(false)
    }
    document.addEventListener('pointerdown', away)
    return () => document.removeEventListener('pointerdown', away)
  }, [open])
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape and a focus that leaves close the box; the button opens it
    <div
      class="choice"
      ref={place}
      onKeyDown={(event) => {
        if (open && event.key === 'Escape') {
          event.stopPropagation()
          event.preventDefault()
          close()
        }
      }}
      onFocusOut={(event) => {
        if (event.relatedTarget && !place.current?.contains(event.relatedTarget as Node)) setOpen(false)
      }}
    >
      <button
        type="button"
        class={className}
        aria-expanded={open}
        aria-label={name}
        title={name}
        onClick={() => setOpen(!open)}
      >
        {button}
      </button>
      {/* A click on a word of the box gives the focus to the box, not to the page, which would close it. */}
      {open ? (
        <div class={toStart ? 'menu to-start' : 'menu'} tabIndex={-1}>
          {children(close)}
        </div>
      ) : null}
    </div>
  )
}

const HINT_PX = 320
const HINT_GAP_PX = 8

/** An "i" that explains, on hover, focus and touch. */
export function Hint({ children, about }: { children: ComponentChildren; about: string }) {
  // Where the box stands: in the window, not in the button's box, which may scroll and cut it off.
  const [at, setAt] = useState<{ left: number; top: number } | null>(null)
  const button = useRef<HTMLButtonElement>(null)
  const id = useId()
  const say = useWords('kit')
  const open = () => {
    const box = button.current?.getBoundingClientRect()
    if (!box) return
    const width = Math.min(HINT_PX, innerWidth - 2 * HINT_GAP_PX)
    const left = Math.min(Math.max(box.right - width, HINT_GAP_PX), innerWidth - width - HINT_GAP_PX)
    setAt({ left, top: box.bottom + HINT_GAP_PX / 2 })
  }
  const close = () => setAt(null)
  useEffect(() => {
    if (!at) return
    // What scrolls away takes its explanation with it.
    addEventListener('scroll', close, { capture: true, passive: true, once: true })
    return () => removeEventListener('scroll', close, { capture: true })
  })
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hovering is one way more; the button does the same
    <span class="hint no-print" onMouseEnter={open} onMouseLeave={close}>
      <button
        ref={button}
        type="button"
        aria-label={say('explain', { about })}
        aria-describedby={at ? id : undefined}
        onFocus={open}
        onBlur={close}
        onClick={open}
        onKeyDown={(event) => {
          if (event.key === 'Escape') close()
        }}
      >
        <Info size={15} aria-hidden="true" />
      </button>
      {at ? (
        <span
          class="said"
          role="tooltip"
          id={id}
          style={{ left: `${at.left}px`, top: `${at.top}px`, maxWidth: `${HINT_PX}px` }}
        >
          {children}
        </span>
      ) : null}
    </span>
  )
}

interface Toast {
  id: number
  text: ComponentChildren
  bad: boolean
}

const ToastContext = createContext<(text: ComponentChildren, bad?: boolean) => void>(() => {})

/** A dialog covers the page and takes it from the reader's keyboard, so messages stand in the topmost one. */
const HostContext = createContext<(place: HTMLElement) => () => void>(() => () => {})

/** `const tell = useToast(); tell('Copied')`. */
export const useToast = () => useContext(ToastContext)

let toastId = 0

export function Toasts({ children }: { children: ComponentChildren }) {
  const say = useWords('kit')
  const [toasts, setToasts] = useState<Toast[]>([])
  const [hosts, setHosts] = useState<HTMLElement[]>([])
  const host = useCallback((place: HTMLElement) => {
    setHosts((all) => [...all, place])
    return () => setHosts((all) => all.filter((one) => one !== place))
  }, [])
  const drop = useCallback((id: number) => setToasts((all) => all.filter((one) => one.id !== id)), [])
  const tell = useCallback(
    (text: ComponentChildren, bad = false) => {
      toastId += 1
      const id = toastId
      setToasts((all) => [...all.slice(-3), { id, text, bad }])
      setTimeout(drop, bad ? 12_000 : 5_000, id)
    },
    [drop],
  )
  const top = hosts.at(-1)
  const list = (
    <div class="toasts no-print" role="status" aria-live="polite">
      {toasts.map((one) => (
        <div key={one.id} class={one.bad ? 'toast bad' : 'toast'}>
          <div>{one.text}</div>
          <button type="button" class="quiet small" onClick={() => drop(one.id)}>
            <X size={16} aria-hidden="true" />
            <span class="unseen">{say('close')}</span>
          </button>
        </div>
      ))}
    </div>
  )
  return (
    <ToastContext.Provider value={tell}>
      <HostContext.Provider value={host}>
        {children}
        {top ? createPortal(list, top) : list}
      </HostContext.Provider>
    </ToastContext.Provider>
  )
}

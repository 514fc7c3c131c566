import { lazy } from 'react';
import { loadTranslation } from '../i18n';
import { withLoading } from './withLoading';

/** Components are shown once the user's language is there. */
function translated<T>(load: () => Promise<T>): () => Promise<T> {
  return () => loadTranslation().then(load);
}

/** Editors in chunks of their own: a dashboard that only shows panels loads none of them. */
export const QueryEditor = withLoading(lazy(translated(() => import('./QueryEditor'))));
export const QueryEditorHelp = withLoading(lazy(translated(() => import('./CheatSheet'))));
export const VariableEditor = withLoading(lazy(translated(() => import('./VariableEditor'))));
export const AnnotationEditor = withLoading(lazy(translated(() => import('./AnnotationEditor'))));
export const ConfigEditor = withLoading(lazy(translated(() => import('../config/ConfigEditor'))));

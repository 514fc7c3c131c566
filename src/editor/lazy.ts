import { lazy } from 'react';
import { withLoading } from './withLoading';

/** Editors in chunks of their own: a dashboard that only shows panels loads none of them. */
export const QueryEditor = withLoading(lazy(() => import('./QueryEditor')));
export const QueryEditorHelp = withLoading(lazy(() => import('./CheatSheet')));
export const VariableEditor = withLoading(lazy(() => import('./VariableEditor')));
export const AnnotationEditor = withLoading(lazy(() => import('./AnnotationEditor')));
export const ConfigEditor = withLoading(lazy(() => import('../config/ConfigEditor')));

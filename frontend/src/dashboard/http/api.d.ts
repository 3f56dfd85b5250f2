// Made by `npm run api` from docs/reference/openapi.json.

export interface paths {
    "/floor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The floor of all workflows
         * @description The floor of all workflows.
         *
         *     What needs somebody is told as far as the user may see such things: causes of dead letters with
         *     ``view_dead_letter``, workers with ``view_workerrecord``.
         */
        get: operations["get_floor"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/floor/{workflow}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The floor of one workflow
         * @description The floor of one workflow.
         */
        get: operations["get_floor_of_workflow"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Runs that the filter finds, the newest first
         * @description Runs that the filter finds, the newest first.
         *
         *     Where the project decides itself who may watch a run, those that this user may not are left out: a
         *     page may be shorter than *limit* and still not be the last.
         */
        get: operations["list_runs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runs/{run_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One run, as it stands, and why it does not go on
         * @description One run, as it stands, and why it does not go on.
         */
        get: operations["get_run"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runs/{run_id}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What happened to a run, numbered, in order; error texts only with ``view_payload``
         * @description What happened to a run, numbered, in order; error texts only with ``view_payload``.
         */
        get: operations["list_history"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runs/{run_id}/steps": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The rows of a run's steps and of the items of its loops, by id and item
         * @description The rows of a run's steps and of the items of its loops, by id and item.
         */
        get: operations["list_steps"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runs/{run_id}/payload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What went into a run and came out of it
         * @description What went into a run and came out of it.
         */
        get: operations["get_run_payload"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runs/{run_id}/steps/{step}/payload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What went into a step, or one item of a loop, and came out of it
         * @description What went into a step, or one item of a loop, and came out of it.
         */
        get: operations["get_step_payload"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runs/{run_id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End a run early; one that has ended, or is being cancelled, stays as it is
         * @description End a run early; one that has ended, or is being cancelled, stays as it is.
         */
        post: operations["cancel_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runs/{run_id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Go on with a failed or held run. An edit needs ``edit_dead_letter`` and ``view_payload`` too
         * @description Go on with a failed or held run. An edit needs ``edit_dead_letter`` and ``view_payload`` too.
         *
         *     With ``REPLAY_FOUR_EYES``, edits are made by a replay, which somebody else approves.
         */
        post: operations["resume_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runs/{run_id}/give-up": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Hold a held run no longer: what is to be undone is, and it fails
         * @description Hold a held run no longer: what is to be undone is, and it fails.
         */
        post: operations["give_up_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runs/{run_id}/hold": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a run begin no further step of its line; what has begun goes on to its end
         * @description Let a run begin no further step of its line; what has begun goes on to its end.
         */
        post: operations["hold_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runs/{run_id}/release": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a run that somebody holds, or has asked to be held, go on
         * @description Let a run that somebody holds, or has asked to be held, go on.
         */
        post: operations["release_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runs/{run_id}/steps/{step}/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the attempts of a step, or one item of a loop, have logged, also while they are at work
         * @description What the attempts of a step, or one item of a loop, have logged, also while they are at work.
         */
        get: operations["get_step_logs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Events that the filter finds, the newest first, each with what workflows answered
         * @description Events that the filter finds, the newest first, each with what workflows answered.
         */
        get: operations["list_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send an event by hand, marked as a test. Needs ``view_eventrecord`` too
         * @description Send an event by hand, marked as a test. Needs ``view_eventrecord`` too.
         *
         *     It is an event like any other: workflows start on it. Its key begins with ``test:``, its actor is who
         *     sends it, and the audit has the reason. Data that does not fit is refused with each place.
         */
        post: operations["send_test_event"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events/{event_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One event, with what workflows answered
         * @description One event, with what workflows answered.
         */
        get: operations["get_event"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events/{event_id}/data": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The data of an event. Needs ``view_eventrecord`` too
         * @description The data of an event. Needs ``view_eventrecord`` too.
         */
        get: operations["get_event_data"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events/{event_id}/explanation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What each workflow said and would say now, clause by clause. Needs ``view_eventrecord`` too
         * @description What each workflow said and would say now, clause by clause. Needs ``view_eventrecord`` too.
         */
        get: operations["explain_event"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/event-types": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Event types, by name: those that are known, and those of the newest events
         * @description Event types, by name: those that are known, and those of the newest events.
         */
        get: operations["list_event_types"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/event-types/{type}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One event type; of one that nobody has heard of, what it was probably meant to be
         * @description One event type; of one that nobody has heard of, what it was probably meant to be.
         */
        get: operations["get_event_type"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Dead letters that the filter finds, the newest first
         * @description Dead letters that the filter finds, the newest first.
         */
        get: operations["list_dead_letters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/dead-letters/{letter_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One dead letter: its tries, and where in the project's code each of them failed
         * @description One dead letter: its tries, and where in the project's code each of them failed.
         */
        get: operations["get_dead_letter"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/dead-letters/{letter_id}/body": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the broker delivered, as a file, without what is masked. Needs ``view_dead_letter`` too
         * @description What the broker delivered, as a file, without what is masked. Needs ``view_dead_letter`` too.
         */
        get: operations["get_dead_letter_body"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Causes of dead letters, that which failed last first
         * @description Causes of dead letters, that which failed last first.
         */
        get: operations["list_groups"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/groups/{group_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One cause, with what its letters have in common
         * @description One cause, with what its letters have in common.
         */
        get: operations["get_group"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/groups/{group_id}/acknowledge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Somebody has seen it
         * @description Somebody has seen it.
         */
        post: operations["acknowledge_group"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/groups/{group_id}/assign": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Somebody sees to it from now on
         * @description Somebody sees to it from now on.
         */
        post: operations["assign_group"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/groups/{group_id}/note": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say something about it
         * @description Say something about it.
         */
        post: operations["note_group"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/groups/{group_id}/snooze": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Nobody wants to hear of it for a while; it ends when the cause regresses
         * @description Nobody wants to hear of it for a while; it ends when the cause regresses.
         */
        post: operations["snooze_group"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/groups/{group_id}/resolve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The cause is gone; if it fails again, it has regressed
         * @description The cause is gone; if it fails again, it has regressed.
         */
        post: operations["resolve_group"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/groups/{group_id}/merge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Other causes are the same as this one: their letters, and those to come, belong to it
         * @description Other causes are the same as this one: their letters, and those to come, belong to it.
         */
        post: operations["merge_groups"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/groups/{group_id}/split": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Its letters, and those to come, make a cause for each value of a field
         * @description Its letters, and those to come, make a cause for each value of a field.
         */
        post: operations["split_group"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/selections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Choose what a filter finds now; what comes later has no part in it. Needs to see such things
         * @description Choose what a filter finds now; what comes later has no part in it. Needs to see such things.
         */
        post: operations["create_selection"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/selections/{selection_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One selection, for who may see such things
         * @description One selection, for who may see such things.
         */
        get: operations["get_selection"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/selections/{selection_id}/items": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The ids of what a selection names, oldest first
         * @description The ids of what a selection names, oldest first.
         */
        get: operations["list_selection_items"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/replays/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What a replay would do with each item, and what would take effect once more; nothing is done
         * @description What a replay would do with each item, and what would take effect once more; nothing is done.
         */
        post: operations["plan_replay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/replays": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Replays of what this user may see, the newest first
         * @description Replays of what this user may see, the newest first.
         */
        get: operations["list_replays"];
        put?: never;
        /**
         * Send a selection through the line again, at a pace. The same key again is the same replay
         * @description Send a selection through the line again, at a pace. The same key again is the same replay.
         *
         *     Edits need ``edit_dead_letter`` and ``view_payload``, new idempotency keys ``replay_new_keys``. The
         *     replay is ``proposed`` where ``REPLAY_FOUR_EYES`` wants somebody else to approve its edits.
         */
        post: operations["start_replay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/discards": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Close the open dead letters that a selection names. The same selection again is the same act
         * @description Close the open dead letters that a selection names. The same selection again is the same act.
         *
         *     What is more than a page goes on by itself: ``replays/{id}`` says how far it is. To pause, resume or
         *     stop it takes ``replay`` besides.
         */
        post: operations["discard"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/selections/{selection_id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End the runs that a selection names early. The same key again is the same act
         * @description End the runs that a selection names early. The same key again is the same act.
         *
         *     What is more than a page goes on by itself: ``replays/{id}`` says how far it is. To pause, resume or
         *     stop it takes ``replay`` besides.
         */
        post: operations["cancel_runs"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/selections/{selection_id}/hold": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let the runs that a selection names begin no further step; as ``cancel`` otherwise
         * @description Let the runs that a selection names begin no further step; as ``cancel`` otherwise.
         */
        post: operations["hold_runs"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/selections/{selection_id}/release": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let the runs that a selection names, and somebody holds, go on; as ``cancel`` otherwise
         * @description Let the runs that a selection names, and somebody holds, go on; as ``cancel`` otherwise.
         */
        post: operations["release_runs"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/replays/{replay_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How a replay goes
         * @description How a replay goes.
         */
        get: operations["get_replay"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/replays/{replay_id}/items": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What became of each item: the original, its copy, and what came of it
         * @description What became of each item: the original, its copy, and what came of it.
         */
        get: operations["list_replay_items"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/replays/{replay_id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a proposed replay begin; not by who proposed it. Needs what one needs to propose it
         * @description Let a proposed replay begin; not by who proposed it. Needs what one needs to propose it.
         */
        post: operations["approve_replay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/replays/{replay_id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send nothing more until somebody lets it go on; what was sent is seen to its end
         * @description Send nothing more until somebody lets it go on; what was sent is seen to its end.
         */
        post: operations["pause_replay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/replays/{replay_id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Go on with a paused replay where it was
         * @description Go on with a paused replay where it was.
         */
        post: operations["resume_replay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/replays/{replay_id}/slower": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Go half as fast from now on, with half as many under way
         * @description Go half as fast from now on, with half as many under way.
         */
        post: operations["slow_replay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/replays/{replay_id}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send nothing more, for good. Dead letters that were not sent stay open
         * @description Send nothing more, for good. Dead letters that were not sent stay open.
         */
        post: operations["stop_replay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/workflows": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Workflows, by name
         * @description Workflows, by name.
         */
        get: operations["list_workflows"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/workflows/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One workflow
         * @description One workflow.
         */
        get: operations["get_workflow"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/workflows/{name}/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a workflow take no new runs, and its schedules pass by; open runs go on
         * @description Let a workflow take no new runs, and its schedules pass by; open runs go on.
         */
        post: operations["disable_workflow"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/workflows/{name}/enable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a workflow take new runs again; what came meanwhile started nothing, and still does not
         * @description Let a workflow take new runs again; what came meanwhile started nothing, and still does not.
         */
        post: operations["enable_workflow"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/workflows/{name}/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Every version of a workflow that is kept, by digest
         * @description Every version of a workflow that is kept, by digest.
         */
        get: operations["list_versions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/definitions/{digest}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One version, with its text
         * @description One version, with its text.
         */
        get: operations["get_definition"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/definitions/{digest}/drawing": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One version as a picture: an SVG document
         * @description One version as a picture: an SVG document.
         */
        get: operations["get_drawing"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/definitions/{digest}/changes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a version does otherwise than another of the same workflow
         * @description What a version does otherwise than another of the same workflow.
         */
        get: operations["get_changes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sandbox/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check a text as ``flow check`` does; nothing is stored
         * @description Check a text as ``flow check`` does; nothing is stored.
         */
        post: operations["check_text"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events/{event_id}/trial": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What a text would do with a stored event; no task is called, nothing is stored
         * @description What a text would do with a stored event; no task is called, nothing is stored.
         *
         *     Needs ``view_eventrecord`` and ``view_payload`` too: the answer has values of the event.
         */
        post: operations["try_text"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/schedules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Schedules, by workflow and place in its file
         * @description Schedules, by workflow and place in its file.
         */
        get: operations["list_schedules"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/stations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Stations, by name
         * @description Stations, by name.
         */
        get: operations["list_stations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/stations/{name}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Close a station: nothing begins there until people open it; what runs may end
         * @description Close a station: nothing begins there until people open it; what runs may end.
         */
        post: operations["pause_station"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/stations/{name}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Open a station, whoever closed it; the breaker begins to count anew
         * @description Open a station, whoever closed it; the breaker begins to count anew.
         */
        post: operations["resume_station"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/stations/{name}/drain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Open a station at a measured pace for a minute, then freely
         * @description Open a station at a measured pace for a minute, then freely.
         */
        post: operations["drain_station"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/stations/{name}/limit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let so much be done there at the same time, by all workers together, or take that back
         * @description Let so much be done there at the same time, by all workers together, or take that back.
         */
        post: operations["limit_station"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runs/{run_id}/timeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * When each step of a run waited, worked and was tried again
         * @description When each step of a run waited, worked and was tried again.
         */
        get: operations["get_timeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runs/{run_id}/timeline/{step}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The same of the items of a loop, by their numbers
         * @description The same of the items of a loop, by their numbers.
         */
        get: operations["list_timeline_items"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runs/{run_id}/causes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What led to a run, and what followed from it: events and runs, as a family
         * @description What led to a run, and what followed from it: events and runs, as a family.
         */
        get: operations["get_causes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/views": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The views of a list: those always there, the team's and one's own. Needs to see such things
         * @description The views of a list: those always there, the team's and one's own. Needs to see such things.
         *
         *     A team's view that looks for words in error texts is not told without ``view_payload``.
         */
        get: operations["list_views"];
        put?: never;
        /**
         * Keep a filter under a name; the same name again changes what it finds. For the team: ``share_view``
         * @description Keep a filter under a name; the same name again changes what it finds. For the team: ``share_view``.
         */
        post: operations["save_view"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/views/{view_id}/remove": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Keep a view no longer. What is the team's needs ``share_view``
         * @description Keep a view no longer. What is the team's needs ``share_view``.
         */
        post: operations["remove_view"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/workers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Worker processes, the last started first; those that have ended stay for a day
         * @description Worker processes, the last started first; those that have ended stay for a day.
         */
        get: operations["list_workers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/workers/{worker_id}/drain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a worker begin nothing more: what it is at goes on, and the process stays
         * @description Let a worker begin nothing more: what it is at goes on, and the process stays.
         */
        post: operations["drain_worker"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/workers/{worker_id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let it take work again
         * @description Let it take work again.
         */
        post: operations["resume_worker"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/notification-rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * My rules, and those of my groups; with ``share_rule`` those of every group. The last made first
         * @description My rules, and those of my groups; with ``share_rule`` those of every group. The last made first.
         */
        get: operations["list_notification_rules"];
        put?: never;
        /**
         * Be told of something from now on, or have a group told
         * @description Be told of something from now on, or have a group told.
         */
        post: operations["make_notification_rule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/notification-rules/{rule_id}/mute": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Tell nothing for now
         * @description Tell nothing for now.
         */
        post: operations["mute_notification_rule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/notification-rules/{rule_id}/unmute": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Tell again, of what comes from now on
         * @description Tell again, of what comes from now on.
         */
        post: operations["unmute_notification_rule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/notification-rules/{rule_id}/remove": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take a rule away; what it has told stays told
         * @description Take a rule away; what it has told stays told.
         */
        post: operations["remove_notification_rule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who is signed in, and what of flowengine he may do
         * @description Who is signed in, and what of flowengine he may do.
         */
        get: operations["get_session"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/approvals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Approvals of all runs that wait, the most pressing first
         * @description Approvals of all runs that wait, the most pressing first.
         *
         *     Where the project decides itself who may watch a run, those of others are left out: a page may be
         *     shorter than *limit* and still not be the last.
         */
        get: operations["list_approvals"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What people did, the newest first
         * @description What people did, the newest first.
         */
        get: operations["list_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Acted
         * @description Where the run stands after the act.
         */
        Acted: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** State */
            state: string;
        };
        /**
         * Answered
         * @description What one workflow answered.
         */
        Answered: {
            /** Workflow */
            workflow: string;
            /** Digest */
            digest: string;
            /** Replay */
            replay: number;
            /** Outcome */
            outcome: string;
            /**
             * Run Id
             * @description Null = there is no run, or none yet.
             */
            run_id: string | null;
            /**
             * Decided At
             * Format: date-time
             */
            decided_at: string;
            /**
             * Detail
             * @description Why; only with ``view_payload``, for it may quote values.
             * @default
             */
            detail: string;
        };
        /**
         * ApprovalTold
         * @description An approval that waits; without its question and its form, which are payload.
         */
        ApprovalTold: {
            /**
             * Run Id
             * Format: uuid
             */
            run_id: string;
            /** Step */
            step: string;
            /** Item */
            item: string;
            /** Title */
            title: string;
            /** Run Title */
            run_title: string;
            /** Workflow */
            workflow: string;
            /** Users */
            users: string[];
            /** Groups */
            groups: string[];
            /**
             * Given
             * @description Answers so far.
             */
            given: number;
            /** Wanted */
            wanted: number;
            /**
             * Is Mine
             * @description This user may answer it, at ``approvals/<run>/<step>/``.
             */
            is_mine: boolean;
            /** Due At */
            due_at: string | null;
            /** Asked At */
            asked_at: string | null;
            /**
             * Ask
             * @description The question; only with ``view_payload``, or where it is mine.
             * @default
             */
            ask: string;
        };
        /**
         * Assignment
         * @description Who sees to it.
         */
        Assignment: {
            /** Reason */
            reason: string;
            /**
             * Owner
             * @description The key of a user; empty = nobody.
             */
            owner: string;
        };
        /**
         * AttemptTold
         * @description What a worker is at.
         */
        AttemptTold: {
            /** Task */
            task: string;
            /** Step */
            step: string;
            /** Since */
            since: string | null;
            /**
             * Run
             * @description Only with ``view_run``, and where the project does not decide itself who may see which run.
             */
            run?: string | null;
        };
        /**
         * AuditQuery
         * @description Which acts; of several conditions, all hold.
         */
        AuditQuery: {
            /**
             * After
             * @description The ``next`` of the page before; empty = the first page.
             * @default
             */
            after: string;
            /**
             * Limit
             * @default 50
             */
            limit: number;
            /**
             * Kind
             * @description What it was done to: ``dead_group``, ``replay`` …
             * @default
             */
            kind: string;
            /**
             * Object Id
             * @description With *kind*: to which one.
             * @default
             */
            object_id: string;
            /** Selection Id */
            selection_id?: string | null;
            /** Replay Id */
            replay_id?: string | null;
        };
        /**
         * AuditTold
         * @description One act of one person.
         */
        AuditTold: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /**
             * Number
             * @description Its place in the chain, from 1.
             */
            number: number;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /**
             * Who
             * @description The key of a user, ``cli:<login>``, or empty for the system.
             */
            who: string;
            /** Verb */
            verb: string;
            /**
             * Door
             * @description ``api``, ``cli``, ``admin``, ``page``, ``code`` or ``system``.
             */
            door: string;
            /** Address */
            address: string;
            /** Kind */
            kind: string;
            /** Object Id */
            object_id: string;
            /** Selection Id */
            selection_id: string | null;
            /** Replay Id */
            replay_id: string | null;
            /** Before Sha256 */
            before_sha256: string;
            /** After Sha256 */
            after_sha256: string;
            /**
             * Chain Sha256
             * @description Of the row before this one and of this one's other fields.
             */
            chain_sha256: string;
            /**
             * Reason
             * @description Of the system, which quotes errors, only with ``view_payload``.
             * @default
             */
            reason: string;
            /**
             * Details
             * @description What else is known, edits among it; only with ``view_payload``.
             * @default {}
             */
            details: {
                [key: string]: unknown;
            };
        };
        /**
         * BarTold
         * @description One row of the picture: a step, an undo, an item of a loop; or, without a step, the run.
         */
        BarTold: {
            /** Step */
            step: string;
            /** Item */
            item: string;
            /** Kind */
            kind: string;
            /** Title */
            title: string;
            /**
             * Total
             * @description Of a loop: how many items it has.
             */
            total: number | null;
            /**
             * Segments
             * @description In the order of time; empty where it was decided at once.
             */
            segments: components["schemas"]["SegmentTold"][];
        };
        /**
         * BeganTold
         * @description What becomes of a step at once.
         */
        BeganTold: {
            /** Step */
            step: string;
            /** Item */
            item: string;
            /**
             * State
             * @enum {string}
             */
            state: "ready" | "waiting" | "skipped" | "opened" | "succeeded" | "failed";
            /** Kind */
            kind: string;
            /** Task */
            task: string;
            /** Station */
            station: string;
            /**
             * Given
             * @description Its evaluated input, or what it waits for; of a step that is done, its output; of a block, how
             *     many parts.
             */
            given: unknown;
            /**
             * Why
             * @description Of a step that failed.
             */
            why: string;
        };
        /**
         * BottleneckTold
         * @description Where what waits would take longest.
         */
        BottleneckTold: {
            /** Station */
            station: string;
            /** Workflow */
            workflow: string;
            /** Step */
            step: string;
            /** Waiting */
            waiting: number;
            /** More */
            more: boolean;
            /** Busy */
            busy: number;
            /** Limit */
            limit: number;
            /**
             * Since
             * @description The oldest waits since then.
             */
            since: string | null;
            /**
             * Act
             * @description What helps.
             * @enum {string}
             */
            act: "resume" | "start_worker" | "scale" | "see_runs";
            /** Text */
            text: string;
        };
        /**
         * CapGiven
         * @description How much is done at the same time.
         */
        CapGiven: {
            /** Reason */
            reason: string;
            /**
             * Places
             * @description Attempts of all workers together; null = as many as they have places.
             */
            places: number | null;
        };
        /**
         * CapTold
         * @description What people let a station have at the same time, all its workers together.
         */
        CapTold: {
            /** Places */
            places: number;
            /**
             * Since
             * Format: date-time
             */
            since: string;
            /**
             * By
             * @description The key of the user whose word it is.
             */
            by: string;
            /** Reason */
            reason: string;
        };
        /**
         * CausedEventTold
         * @description An event of the family.
         */
        CausedEventTold: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /**
             * Caused By
             * @description The event that directly caused it; null = none of ours did.
             */
            caused_by: string | null;
            /**
             * Made By
             * @description The run that made it; null = it was none, or not told.
             */
            made_by: string | null;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /**
             * Type
             * @description Only with ``view_eventrecord``, as the rest.
             * @default
             */
            type: string;
            /** Subject */
            subject?: string | null;
            /**
             * State
             * @default
             */
            state: string;
        };
        /**
         * CausedRunTold
         * @description A run of the family.
         */
        CausedRunTold: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /**
             * Event Id
             * Format: uuid
             * @description Of the event that started it.
             */
            event_id: string;
            /** Workflow */
            workflow: string;
            /** Title */
            title: string;
            /** State */
            state: string;
            /** Parent Run */
            parent_run: string | null;
            /** Replay Of */
            replay_of: string | null;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Finished At */
            finished_at: string | null;
        };
        /**
         * CausesTold
         * @description The family of a run.
         */
        CausesTold: {
            /**
             * Events
             * @description The first cause first, down to the event of this run; then what followed from it.
             */
            events: components["schemas"]["CausedEventTold"][];
            /**
             * Runs
             * @description Of these events, those that this user may see.
             */
            runs: components["schemas"]["CausedRunTold"][];
            /**
             * Is Cut
             * @description There is more: 20 events back, 3 forth, of each event the first 20 that followed.
             */
            is_cut: boolean;
        };
        /**
         * ChangeTold
         * @description One difference.
         */
        ChangeTold: {
            /**
             * Sign
             * @description ``+``, ``-`` or ``~``.
             */
            sign: string;
            /** What */
            what: string;
            /** Detail */
            detail: string;
        };
        /**
         * Changes
         * @description What one version does otherwise than another; short forms and comments are no change.
         */
        Changes: {
            /** Before */
            before: string;
            /** After */
            after: string;
            /** Changes */
            changes: components["schemas"]["ChangeTold"][];
        };
        /**
         * CheckTold
         * @description What the validator says.
         */
        CheckTold: {
            /**
             * Problems
             * @description In the order of places; at most 50, and warnings besides.
             */
            problems: components["schemas"]["ProblemFound"][];
            /**
             * Is Fit
             * @description ``flow sync`` would take it.
             */
            is_fit: boolean;
            /**
             * Workflow
             * @description Null = it cannot be read.
             */
            workflow: string | null;
            /**
             * Digest
             * @description Of what it does: the same as that of a version that does the same.
             */
            digest: string | null;
            /**
             * Drawing
             * @description SVG; null = it cannot be read.
             */
            drawing: string | null;
            /**
             * Current
             * @description The digest of the version that takes new runs; null = there is none. Only with
             *     ``view_workflowrecord``, as *changes*.
             */
            current?: string | null;
            /**
             * Changes
             * @description What it does otherwise than that.
             * @default []
             */
            changes: components["schemas"]["ChangeTold"][];
        };
        /**
         * Choice
         * @description What to choose.
         */
        Choice: {
            /**
             * Kind
             * @enum {string}
             */
            kind: "dead_letter" | "run" | "event";
            /**
             * Q
             * @description What it finds now is chosen.
             */
            q: string;
            /**
             * Ids
             * @description These, instead of what *q* finds, which is empty then.
             */
            ids?: string[];
        };
        /**
         * CommonTold
         * @description What most letters of a cause share, and fewer of the others.
         */
        CommonTold: {
            /** Field */
            field: string;
            /** Value */
            value: string;
            /**
             * Share
             * @description Of the letters that were looked at, 0 to 1.
             */
            share: number;
            /**
             * Elsewhere
             * @description The same of letters of other causes; null = there are none.
             */
            elsewhere: number | null;
        };
        /**
         * ConsumerTold
         * @description Who listens to events of a type.
         */
        ConsumerTold: {
            /** Workflow */
            workflow: string;
            /**
             * How
             * @enum {string}
             */
            how: "starts" | "waits" | "cancels";
            /** Pattern */
            pattern: string;
            /**
             * Step
             * @description Of a wait: its id.
             */
            step: string;
            /**
             * State
             * @enum {string}
             */
            state: "active" | "disabled" | "not_synchronised";
            /**
             * Condition
             * @description The filter; only with ``view_workflowrecord``.
             * @default
             */
            condition: string;
        };
        /**
         * DefinitionTold
         * @description One version, with its text.
         */
        DefinitionTold: {
            /** Digest */
            digest: string;
            /** Workflow */
            workflow: string;
            /** Path */
            path: string;
            /**
             * Is Active
             * @description New runs take it, or would if the workflow were enabled.
             */
            is_active: boolean;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /**
             * Open Runs
             * @description Runs of it that are not over; 1,000 = so many or more.
             */
            open_runs: number;
            /**
             * Source
             * @description The YAML, as it was synchronised.
             */
            source: string;
        };
        /**
         * Discarding
         * @description What to discard.
         */
        Discarding: {
            /** Reason */
            reason: string;
            /**
             * Selection Id
             * Format: uuid
             */
            selection_id: string;
        };
        /**
         * EffectsTold
         * @description What takes effect once more.
         */
        EffectsTold: {
            /**
             * Tasks
             * @description Tasks that run again and do not say that they are idempotent.
             */
            tasks: string[];
            /**
             * Unknown Tasks
             * @description Tasks that this process does not know.
             */
            unknown_tasks: string[];
            /**
             * Emits
             * @description Types of events that are published again.
             */
            emits: string[];
            /**
             * Calls
             * @description Workflows that are called again.
             */
            calls: string[];
            /**
             * Notifies
             * @description Workflows whose runs are shown to whom ``notify`` names, or to the event's actor.
             */
            notifies: string[];
        };
        /**
         * EmittedTold
         * @description An event that it would publish.
         */
        EmittedTold: {
            /** Type */
            type: string;
            /** Data */
            data: unknown;
        };
        /**
         * EventData
         * @description What an event says.
         */
        EventData: {
            /** Data */
            data: unknown;
        };
        /**
         * EventTold
         * @description An event, without its data.
         */
        EventTold: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Type */
            type: string;
            /**
             * Source
             * @description Null = this project's own.
             */
            source: string | null;
            /** External Id */
            external_id: string | null;
            /** Subject */
            subject: string | null;
            /** Actor */
            actor: string | null;
            /** Key */
            key: string | null;
            /** State */
            state: string;
            /** Target */
            target: string | null;
            /** Replay */
            replay: number;
            /** Hops */
            hops: number;
            /** Tries */
            tries: number;
            /** Correlation Id */
            correlation_id: string;
            /** Causation Id */
            causation_id: string | null;
            /**
             * Time
             * Format: date-time
             */
            time: string;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Routed At */
            routed_at: string | null;
            /** Due At */
            due_at: string | null;
            /**
             * Is Test
             * @description Somebody has sent it by hand; its actor is who.
             */
            is_test: boolean;
            /**
             * Is Heard
             * @description Some workflow of the project starts on such events, or waits for them.
             */
            is_heard: boolean;
            /**
             * Near
             * @description Nobody listens to its type, and this is what it was probably meant to be.
             */
            near: string | null;
            /** Answers */
            answers: components["schemas"]["Answered"][];
        };
        /**
         * EventTypeTold
         * @description An event type that is registered, declared, spelt out by a workflow, or among the newest events.
         */
        EventTypeTold: {
            /** Type */
            type: string;
            /** Is Registered */
            is_registered: boolean;
            /**
             * Lately
             * @description How many of the newest 5,000 events are of it.
             */
            lately: number;
            /**
             * Last At
             * @description Of those, the newest; null = none of them is.
             */
            last_at: string | null;
            /**
             * Starts
             * @description Workflows that start on it.
             */
            starts: string[];
            /**
             * Waits
             * @description Workflows whose runs wait for it, or are cancelled by it.
             */
            waits: string[];
            /**
             * Near
             * @description Nobody listens to it, and this is what it was probably meant to be.
             */
            near: string | null;
        };
        /**
         * EventsTold
         * @description How often an event comes.
         */
        EventsTold: {
            /** Type */
            type: string;
            /**
             * Per Min
             * @description Null = it is a pattern.
             */
            per_min: number | null;
        };
        /**
         * Explanations
         * @description What each workflow says to an event.
         */
        Explanations: {
            /**
             * Workflows
             * @description As ``flow explain --json`` gives them.
             */
            workflows: {
                [key: string]: unknown;
            }[];
        };
        /**
         * FactTold
         * @description One numbered transition.
         */
        FactTold: {
            /** N */
            n: number;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /**
             * T
             * @description Its kind: ``step.started``.
             */
            t: string;
            /**
             * Said
             * @description The rest of it.
             */
            said: {
                [key: string]: unknown;
            };
        };
        /**
         * FailureTold
         * @description Why something failed.
         */
        FailureTold: {
            /**
             * Code
             * @description The error's class, or a code of the engine.
             */
            code: string;
            /** Fe */
            fe: string;
            /** Step */
            step: string | null;
            /** Item */
            item: string;
            /** Attempts */
            attempts: number;
            /** Version */
            version: string;
            /**
             * Frames
             * @description Where it was raised, outermost first.
             */
            frames: components["schemas"]["FrameTold"][];
            /**
             * Tries
             * @description The failed attempts: the first, and the last few of many.
             */
            tries: components["schemas"]["TryTold"][];
            /**
             * Message
             * @description Only with ``view_payload``, as the rest.
             * @default
             */
            message: string;
            /**
             * Traceback
             * @default
             */
            traceback: string;
            /** Details */
            details?: unknown;
        };
        /**
         * FloorStationTold
         * @description One task at one queue; all numbers are of all workflows that pass there.
         */
        FloorStationTold: {
            /**
             * Id
             * @description ``<task>@<queue>``.
             */
            id: string;
            /** Task */
            task: string;
            /** Queue */
            queue: string;
            /** Workflows */
            workflows: string[];
            /**
             * Door
             * @enum {string}
             */
            door: "open" | "paused" | "parked" | "probing" | "draining";
            /** Since */
            since: string | null;
            /**
             * Reason
             * @description What people said; null = nothing, or it is the breaker's.
             */
            reason: string | null;
            /** By */
            by: string;
            /** Busy */
            busy: number;
            /**
             * Limit
             * @description Attempts that the living workers which serve it can make at the same time.
             */
            limit: number;
            /** Workers */
            workers: number;
            /** Waiting */
            waiting: number;
            /** Waiting More */
            waiting_more: boolean;
            /** Oldest At */
            oldest_at: string | null;
            /**
             * Per S
             * @description Done in the last minute, by its seconds.
             */
            per_s: number;
            /**
             * Done
             * @description In the last minute; so is what follows.
             */
            done: number;
            /** Failed */
            failed: number;
            /**
             * Failed Share
             * @description Of what ended, 0 to 1.
             */
            failed_share: number;
            /** P50 Ms */
            p50_ms: number | null;
            /** P95 Ms */
            p95_ms: number | null;
            /** Last At */
            last_at: string | null;
            /** Retrying */
            retrying: number;
            /**
             * Tokens
             * @description At most twelve.
             */
            tokens: components["schemas"]["TokenTold"][];
            /**
             * Beyond
             * @description Runs that stand there besides.
             */
            beyond: number;
        };
        /**
         * FloorTold
         * @description The floor.
         */
        FloorTold: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /**
             * Window S
             * @description Rates are those of so many seconds.
             */
            window_s: number;
            /** Lanes */
            lanes: components["schemas"]["LaneTold"][];
            /** Stations */
            stations: components["schemas"]["FloorStationTold"][];
            /** @description Null = nothing waits for longer than a second. */
            bottleneck: components["schemas"]["BottleneckTold"] | null;
            /** Needs */
            needs: components["schemas"]["NeedTold"][];
            /** Last Failure At */
            last_failure_at: string | null;
        };
        /**
         * FrameTold
         * @description One line of a traceback.
         */
        FrameTold: {
            /** File */
            file: string;
            /** Line */
            line: number;
            /**
             * Name
             * @description The function.
             */
            name: string;
            /**
             * Is Own
             * @description It is the project's: not of a library, of Python or of flowengine.
             */
            is_own: boolean;
        };
        /**
         * GroupQuery
         * @description Which causes; of several conditions, all hold.
         */
        GroupQuery: {
            /**
             * After
             * @description The ``next`` of the page before; empty = the first page.
             * @default
             */
            after: string;
            /**
             * Limit
             * @default 50
             */
            limit: number;
            /** State */
            state?: ("new" | "acknowledged" | "replayed" | "resolved" | "regressed") | null;
            /**
             * Kind
             * @description ``failed run`` …
             * @default
             */
            kind: string;
            /**
             * Owner
             * @description The key of a user; empty = nobody's.
             */
            owner?: string | null;
            /**
             * Text
             * @description Somewhere in the title, the class or the place, of the newest 10,000 causes; ``searched_newest``
             *     says where there are older ones. Needs ``view_payload``.
             * @default
             */
            text: string;
            /**
             * With Closed
             * @description Also those without an open letter.
             * @default false
             */
            with_closed: boolean;
            /**
             * With Snoozed
             * @description Also those that nobody wants to hear of now.
             * @default false
             */
            with_snoozed: boolean;
        };
        /**
         * HelpTold
         * @description What helps a run that waits.
         */
        HelpTold: {
            /** Label */
            label: string;
            /**
             * Place
             * @description Where it is done, in the dashboard; empty = by the command only.
             */
            place: string;
            /**
             * Command
             * @description The same by the command line, after ``flow``; empty = there is no command.
             */
            command: string;
        };
        /**
         * ItemQuery
         * @description Which items.
         */
        ItemQuery: {
            /**
             * After
             * @description The ``next`` of the page before; empty = the first page.
             * @default
             */
            after: string;
            /**
             * Limit
             * @default 50
             */
            limit: number;
            /**
             * State
             * @default
             * @enum {string}
             */
            state: "" | "pending" | "sent" | "succeeded" | "failed" | "skipped" | "refused";
        };
        /**
         * ItemTold
         * @description One item: the original, its copy, and what came of it.
         */
        ItemTold: {
            /**
             * Object Id
             * Format: uuid
             */
            object_id: string;
            /** N */
            n: number;
            /**
             * State
             * @description ``pending``, ``sent``, ``succeeded``, ``failed``, ``skipped`` or ``refused``.
             */
            state: string;
            /**
             * Event Id
             * @description The event of the copy.
             */
            event_id: string | null;
            /**
             * Run Id
             * @description The run of the copy.
             */
            run_id: string | null;
            /**
             * Before Sha256
             * @description Of the payload as it was; empty = it was not edited.
             */
            before_sha256: string;
            /** After Sha256 */
            after_sha256: string;
            /** Sent At */
            sent_at: string | null;
            /** Ended At */
            ended_at: string | null;
            /**
             * Detail
             * @description Why it was skipped or refused, or how it ended; only with ``view_payload``, as the rest.
             * @default
             */
            detail: string;
            /**
             * Patch
             * @description What was edited.
             * @default []
             */
            patch: unknown[];
        };
        /**
         * Items
         * @description Which items of a loop.
         */
        Items: {
            /**
             * After
             * @description The ``next`` of the page before; empty = the first page.
             * @default
             */
            after: string;
            /**
             * Limit
             * @default 50
             */
            limit: number;
            /**
             * Within
             * @description Of a loop in a loop: in which item of the outer ones, ``3``.
             * @default
             */
            within: string;
        };
        /**
         * LaneTold
         * @description The line of a workflow.
         */
        LaneTold: {
            /** Workflow */
            workflow: string;
            /** Title */
            title: string;
            /** Events */
            events: components["schemas"]["EventsTold"][];
            /** Done Per Min */
            done_per_min: number;
            /** Failed Per Min */
            failed_per_min: number;
            /** Last Done At */
            last_done_at: string | null;
            /** Waiting */
            waiting: number;
            /** Waiting More */
            waiting_more: boolean;
            /**
             * Worst
             * @description The step before which most waits for a worker.
             */
            worst: string | null;
            /**
             * Stops
             * @description In the order of the file.
             */
            stops: components["schemas"]["StopTold"][];
        };
        /**
         * LetterTold
         * @description A dead letter, without what was in it.
         */
        LetterTold: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /**
             * Kind
             * @description ``failed run``, ``unreadable`` …
             */
            kind: string;
            /**
             * Code
             * @description ``FE`` and three digits.
             */
            code: string;
            /**
             * State
             * @description ``open``, ``replaying``, ``resolved`` or ``discarded``.
             */
            state: string;
            /** Fingerprint */
            fingerprint: string;
            /**
             * Group Id
             * Format: uuid
             */
            group_id: string;
            /** Event Id */
            event_id: string | null;
            /** Run Id */
            run_id: string | null;
            /** Workflow */
            workflow: string;
            /** Digest */
            digest: string;
            /** Step */
            step: string | null;
            /** Item */
            item: string;
            /** Event Type */
            event_type: string;
            /** Source */
            source: string;
            /** Tries */
            tries: number;
            /** Worker */
            worker: string;
            /** Version */
            version: string;
            /**
             * Replay Id
             * @description The replay that has it, or had it last.
             */
            replay_id: string | null;
            /**
             * Reason
             * @description Why it was closed.
             */
            reason: string;
            /** Closed At */
            closed_at: string | null;
            /** Closed By */
            closed_by: string;
            /**
             * Expires At
             * @description When it will be deleted; null = never, as long as it is open and settings stand.
             */
            expires_at: string | null;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /**
             * Message
             * @description Only with ``view_payload``.
             * @default
             */
            message: string;
        };
        /**
         * Listed
         * @description A part of what a filter finds.
         */
        Listed: {
            /**
             * After
             * @description The ``next`` of the page before; empty = the first page.
             * @default
             */
            after: string;
            /**
             * Limit
             * @default 50
             */
            limit: number;
            /**
             * Q
             * @description ``state:failed workflow:order since:2h``; see the reference.
             * @default
             */
            q: string;
        };
        /**
         * ListedGroupTold
         * @description A cause, as a list shows it.
         */
        ListedGroupTold: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Kind */
            kind: string;
            /**
             * Code
             * @description ``FE`` and three digits.
             */
            code: string;
            /**
             * Error Type
             * @description The name of the error's class; empty = there was no exception.
             */
            error_type: string;
            /**
             * Place
             * @description The deepest frame of the project's own code: ``file:line name``.
             */
            place: string;
            /** Step */
            step: string;
            /**
             * State
             * @enum {string}
             */
            state: "new" | "acknowledged" | "replayed" | "resolved" | "regressed";
            /** Owner */
            owner: string;
            /** Note */
            note: string;
            /** Count */
            count: number;
            /** Open Count */
            open_count: number;
            /** Closed Count */
            closed_count: number;
            /** Split By */
            split_by: string | null;
            /**
             * State At
             * Format: date-time
             */
            state_at: string;
            /**
             * First At
             * Format: date-time
             */
            first_at: string;
            /**
             * Last At
             * Format: date-time
             */
            last_at: string;
            /** Snoozed Until */
            snoozed_until: string | null;
            /**
             * Title
             * @description The message without what differs from case to case; only with ``view_payload``.
             * @default
             */
            title: string;
            /**
             * Workflow
             * @description Of its newest letter.
             */
            workflow: string | null;
            /**
             * Hours
             * @description How many died in each of the last 24 hours, oldest first.
             */
            hours: number[];
        };
        /**
         * ListedRunTold
         * @description A run, as a list shows it.
         */
        ListedRunTold: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Workflow */
            workflow: string;
            /** Digest */
            digest: string;
            /** Title */
            title: string;
            /**
             * State
             * @description ``held`` without a *failure*: somebody holds it, until it is released.
             */
            state: string;
            /**
             * Holding
             * @description It is to be held before its next step.
             */
            holding: boolean;
            /**
             * Outcome
             * @description Of a run that is final.
             */
            outcome: string | null;
            /** Priority */
            priority: number;
            /** Replay */
            replay: number;
            /**
             * Event Id
             * Format: uuid
             */
            event_id: string;
            /**
             * Parent Run
             * @description The run whose step called it.
             */
            parent_run: string | null;
            /**
             * Replay Of
             * @description The run that this one is a restart of.
             */
            replay_of: string | null;
            /** Actor */
            actor: string | null;
            /** Labels */
            labels: {
                [key: string]: unknown;
            };
            failure: components["schemas"]["FailureTold"] | null;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Started At */
            started_at: string | null;
            /** Held At */
            held_at: string | null;
            /** Finished At */
            finished_at: string | null;
            /**
             * Subject
             * @description Of the event that caused it.
             */
            subject: string | null;
            /**
             * Progress
             * @description Per cent; null = its definition cannot be read here.
             */
            progress: number | null;
            /** Done */
            done: number | null;
            /**
             * Total
             * @description Steps of its line, without those inside others; null as above.
             */
            total: number | null;
            /**
             * Step
             * @description The title of the step that it is at, or at which it failed; empty = at none.
             */
            step: string;
            /**
             * Note
             * @description What that step says of itself.
             */
            note: string;
            /**
             * Attempts
             * @description How often that step was tried.
             */
            attempts: number;
        };
        /**
         * LogTold
         * @description What one attempt has logged.
         */
        LogTold: {
            /** Attempt */
            attempt: number;
            /**
             * Written At
             * Format: date-time
             * @description What it has logged after that is not here yet.
             */
            written_at: string;
            /**
             * Log
             * @description The last lines: 4,000 characters at most.
             */
            log: string;
        };
        /**
         * LogsTold
         * @description What the attempts of a step, or of one item of a loop, have logged.
         */
        LogsTold: {
            /**
             * Keeps
             * @description Of which attempts the project keeps it now, see ``KEEP_LOGS``; those that failed have it with their
             *     tries.
             * @enum {string}
             */
            keeps: "failed" | "all";
            /**
             * Items
             * @description The last attempt first, twenty at most; of those that have logged nothing there is none.
             */
            items: components["schemas"]["LogTold"][];
        };
        /**
         * MaybeReason
         * @description Why; needed for what concerns a group.
         */
        MaybeReason: {
            /**
             * Reason
             * @default
             */
            reason: string;
        };
        /**
         * Merge
         * @description Which causes are the same as this one.
         */
        Merge: {
            /** Reason */
            reason: string;
            /** Groups */
            groups: string[];
        };
        /**
         * NeedTold
         * @description Something that needs somebody.
         */
        NeedTold: {
            /**
             * Kind
             * @description ``held``, ``approvals``, ``paused``, ``parked``, ``capped``, ``unrouted``; ``causes_new``,
             *     ``causes_regressed``, ``causes_open``; ``silent``, ``resting``, ``unserved``, ``skew``.
             */
            kind: string;
            /** N */
            n: number;
            /** More */
            more: boolean;
            /** Since */
            since: string | null;
            /** Text */
            text: string;
            /**
             * Subject
             * @description A queue, a worker, a version.
             */
            subject: string | null;
            /**
             * Q
             * @description The filter that finds them.
             */
            q: string | null;
        };
        /**
         * Note
         * @description What is said about it, in the place of what was said before.
         */
        Note: {
            /** Text */
            text: string;
            /**
             * Reason
             * @description Why; empty = the text says it.
             * @default
             */
            reason: string;
        };
        /**
         * OfKind
         * @description Of which list.
         */
        OfKind: {
            /**
             * Kind
             * @enum {string}
             */
            kind: "run" | "event" | "dead_letter";
        };
        /**
         * OneGroupTold
         * @description A cause, as its page shows it.
         */
        OneGroupTold: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Kind */
            kind: string;
            /**
             * Code
             * @description ``FE`` and three digits.
             */
            code: string;
            /**
             * Error Type
             * @description The name of the error's class; empty = there was no exception.
             */
            error_type: string;
            /**
             * Place
             * @description The deepest frame of the project's own code: ``file:line name``.
             */
            place: string;
            /** Step */
            step: string;
            /**
             * State
             * @enum {string}
             */
            state: "new" | "acknowledged" | "replayed" | "resolved" | "regressed";
            /** Owner */
            owner: string;
            /** Note */
            note: string;
            /** Count */
            count: number;
            /** Open Count */
            open_count: number;
            /** Closed Count */
            closed_count: number;
            /** Split By */
            split_by: string | null;
            /**
             * State At
             * Format: date-time
             */
            state_at: string;
            /**
             * First At
             * Format: date-time
             */
            first_at: string;
            /**
             * Last At
             * Format: date-time
             */
            last_at: string;
            /** Snoozed Until */
            snoozed_until: string | null;
            /**
             * Title
             * @description The message without what differs from case to case; only with ``view_payload``.
             * @default
             */
            title: string;
            /**
             * Rate
             * @description How many died in each of the last 24 hours, oldest first.
             */
            rate: number[];
            /**
             * Affected
             * @description By field: its most frequent values among the last letters, with how many have each.
             */
            affected: {
                [key: string]: {
                    [key: string]: number;
                };
            };
            /** Common */
            common: components["schemas"]["CommonTold"][];
            /**
             * Sampled
             * @description Letters that *affected* and *common* were seen in.
             */
            sampled: number;
            /**
             * Merged
             * @description The causes that were merged into it.
             */
            merged: string[];
        };
        /**
         * OneLetterTold
         * @description A dead letter, as its page shows it.
         */
        OneLetterTold: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /**
             * Kind
             * @description ``failed run``, ``unreadable`` …
             */
            kind: string;
            /**
             * Code
             * @description ``FE`` and three digits.
             */
            code: string;
            /**
             * State
             * @description ``open``, ``replaying``, ``resolved`` or ``discarded``.
             */
            state: string;
            /** Fingerprint */
            fingerprint: string;
            /**
             * Group Id
             * Format: uuid
             */
            group_id: string;
            /** Event Id */
            event_id: string | null;
            /** Run Id */
            run_id: string | null;
            /** Workflow */
            workflow: string;
            /** Digest */
            digest: string;
            /** Step */
            step: string | null;
            /** Item */
            item: string;
            /** Event Type */
            event_type: string;
            /** Source */
            source: string;
            /** Tries */
            tries: number;
            /** Worker */
            worker: string;
            /** Version */
            version: string;
            /**
             * Replay Id
             * @description The replay that has it, or had it last.
             */
            replay_id: string | null;
            /**
             * Reason
             * @description Why it was closed.
             */
            reason: string;
            /** Closed At */
            closed_at: string | null;
            /** Closed By */
            closed_by: string;
            /**
             * Expires At
             * @description When it will be deleted; null = never, as long as it is open and settings stand.
             */
            expires_at: string | null;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /**
             * Message
             * @description Only with ``view_payload``.
             * @default
             */
            message: string;
            failure: components["schemas"]["FailureTold"] | null;
            /**
             * Body Bytes
             * @description How large what the broker delivered is, at ``…/body``; null = the event or the run has it.
             */
            body_bytes: number | null;
            /**
             * Headers
             * @description What came with it; only with ``view_payload``.
             * @default {}
             */
            headers: {
                [key: string]: unknown;
            };
        };
        /**
         * OneRunTold
         * @description A run, as its page shows it.
         */
        OneRunTold: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Workflow */
            workflow: string;
            /** Digest */
            digest: string;
            /** Title */
            title: string;
            /**
             * State
             * @description ``held`` without a *failure*: somebody holds it, until it is released.
             */
            state: string;
            /**
             * Holding
             * @description It is to be held before its next step.
             */
            holding: boolean;
            /**
             * Outcome
             * @description Of a run that is final.
             */
            outcome: string | null;
            /** Priority */
            priority: number;
            /** Replay */
            replay: number;
            /**
             * Event Id
             * Format: uuid
             */
            event_id: string;
            /**
             * Parent Run
             * @description The run whose step called it.
             */
            parent_run: string | null;
            /**
             * Replay Of
             * @description The run that this one is a restart of.
             */
            replay_of: string | null;
            /** Actor */
            actor: string | null;
            /** Labels */
            labels: {
                [key: string]: unknown;
            };
            failure: components["schemas"]["FailureTold"] | null;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Started At */
            started_at: string | null;
            /** Held At */
            held_at: string | null;
            /** Finished At */
            finished_at: string | null;
            /**
             * Waits
             * @description Why it does not go on, the most pressing first; empty where nothing holds it up.
             */
            waits: components["schemas"]["WaitTold"][];
            /** Epoch */
            epoch: string;
            /**
             * Head
             * @description With *epoch*, its position in the live protocol.
             */
            head: number;
            /**
             * View
             * @description As a snapshot of the live protocol has it: percent, steps, failure.
             */
            view: {
                [key: string]: unknown;
            };
        };
        /**
         * OptionsGiven
         * @description How; what is not said has its default.
         */
        OptionsGiven: {
            /**
             * Workflow
             * @description Of ``event``: the one workflow that is asked; ``*`` = all. Empty = the one that a dead letter
             *     names, all where it names none.
             * @default
             */
            workflow: string;
            /**
             * Edit
             * @description A JSON Patch (RFC 6902) of the event's data, for each item.
             * @default []
             */
            edit: unknown[];
            /**
             * Edits
             * @description Further ones for single items, by the ids of what was selected.
             * @default {}
             */
            edits: {
                [key: string]: unknown[];
            };
            /**
             * Set
             * @description Of ``resume``: corrected inputs of the failed step.
             * @default {}
             */
            set: {
                [key: string]: unknown;
            };
            /**
             * Output
             * @description Of ``resume``: what the failed step left, which was done by hand.
             */
            output?: unknown;
            /**
             * Skip
             * @description Of ``resume``: the failed step is skipped.
             * @default false
             */
            skip: boolean;
            /**
             * New Keys
             * @description Tasks get other idempotency keys than the first time.
             * @default false
             */
            new_keys: boolean;
            /**
             * Even If Succeeded
             * @description Also what has succeeded since it failed.
             * @default false
             */
            even_if_succeeded: boolean;
            /**
             * Suppress Notify
             * @description The new runs are shown to nobody whom ``notify`` names.
             * @default false
             */
            suppress_notify: boolean;
        };
        /**
         * PaceGiven
         * @description How fast, and when not to go on; what is not said has its default.
         */
        PaceGiven: {
            /**
             * Canary
             * @description So many first; all others wait for their ends, and one that fails stops the replay.
             * @default 0
             */
            canary: number;
            /**
             * Rate
             * @description Items per second.
             * @default 10
             */
            rate: number;
            /**
             * In Flight
             * @description Items that were sent and have not ended, at most.
             * @default 100
             */
            in_flight: number;
            /**
             * Stop Percent
             * @description Stop when more of what has ended has failed; 100 = never.
             * @default 20
             */
            stop_percent: number;
            /**
             * Stop In Row
             * @description Stop when so many have failed one after another; 0 = never.
             * @default 10
             */
            stop_in_row: number;
        };
        /** Page[ApprovalTold] */
        Page_ApprovalTold_: {
            /** Items */
            items: components["schemas"]["ApprovalTold"][];
            /**
             * Next
             * @description What to ask for ``after``; null = this is the last page.
             */
            next: string | null;
            /**
             * Searched Newest
             * @description Only of a last page: so many of the newest were looked at for what has no index, and there are
             *     older ones; not there = there are none.
             * @default 0
             */
            searched_newest: number;
        };
        /** Page[AuditTold] */
        Page_AuditTold_: {
            /** Items */
            items: components["schemas"]["AuditTold"][];
            /**
             * Next
             * @description What to ask for ``after``; null = this is the last page.
             */
            next: string | null;
            /**
             * Searched Newest
             * @description Only of a last page: so many of the newest were looked at for what has no index, and there are
             *     older ones; not there = there are none.
             * @default 0
             */
            searched_newest: number;
        };
        /** Page[BarTold] */
        Page_BarTold_: {
            /** Items */
            items: components["schemas"]["BarTold"][];
            /**
             * Next
             * @description What to ask for ``after``; null = this is the last page.
             */
            next: string | null;
            /**
             * Searched Newest
             * @description Only of a last page: so many of the newest were looked at for what has no index, and there are
             *     older ones; not there = there are none.
             * @default 0
             */
            searched_newest: number;
        };
        /** Page[EventTold] */
        Page_EventTold_: {
            /** Items */
            items: components["schemas"]["EventTold"][];
            /**
             * Next
             * @description What to ask for ``after``; null = this is the last page.
             */
            next: string | null;
            /**
             * Searched Newest
             * @description Only of a last page: so many of the newest were looked at for what has no index, and there are
             *     older ones; not there = there are none.
             * @default 0
             */
            searched_newest: number;
        };
        /** Page[EventTypeTold] */
        Page_EventTypeTold_: {
            /** Items */
            items: components["schemas"]["EventTypeTold"][];
            /**
             * Next
             * @description What to ask for ``after``; null = this is the last page.
             */
            next: string | null;
            /**
             * Searched Newest
             * @description Only of a last page: so many of the newest were looked at for what has no index, and there are
             *     older ones; not there = there are none.
             * @default 0
             */
            searched_newest: number;
        };
        /** Page[FactTold] */
        Page_FactTold_: {
            /** Items */
            items: components["schemas"]["FactTold"][];
            /**
             * Next
             * @description What to ask for ``after``; null = this is the last page.
             */
            next: string | null;
            /**
             * Searched Newest
             * @description Only of a last page: so many of the newest were looked at for what has no index, and there are
             *     older ones; not there = there are none.
             * @default 0
             */
            searched_newest: number;
        };
        /** Page[ItemTold] */
        Page_ItemTold_: {
            /** Items */
            items: components["schemas"]["ItemTold"][];
            /**
             * Next
             * @description What to ask for ``after``; null = this is the last page.
             */
            next: string | null;
            /**
             * Searched Newest
             * @description Only of a last page: so many of the newest were looked at for what has no index, and there are
             *     older ones; not there = there are none.
             * @default 0
             */
            searched_newest: number;
        };
        /** Page[LetterTold] */
        Page_LetterTold_: {
            /** Items */
            items: components["schemas"]["LetterTold"][];
            /**
             * Next
             * @description What to ask for ``after``; null = this is the last page.
             */
            next: string | null;
            /**
             * Searched Newest
             * @description Only of a last page: so many of the newest were looked at for what has no index, and there are
             *     older ones; not there = there are none.
             * @default 0
             */
            searched_newest: number;
        };
        /** Page[ListedGroupTold] */
        Page_ListedGroupTold_: {
            /** Items */
            items: components["schemas"]["ListedGroupTold"][];
            /**
             * Next
             * @description What to ask for ``after``; null = this is the last page.
             */
            next: string | null;
            /**
             * Searched Newest
             * @description Only of a last page: so many of the newest were looked at for what has no index, and there are
             *     older ones; not there = there are none.
             * @default 0
             */
            searched_newest: number;
        };
        /** Page[ListedRunTold] */
        Page_ListedRunTold_: {
            /** Items */
            items: components["schemas"]["ListedRunTold"][];
            /**
             * Next
             * @description What to ask for ``after``; null = this is the last page.
             */
            next: string | null;
            /**
             * Searched Newest
             * @description Only of a last page: so many of the newest were looked at for what has no index, and there are
             *     older ones; not there = there are none.
             * @default 0
             */
            searched_newest: number;
        };
        /** Page[PlannedTold] */
        Page_PlannedTold_: {
            /** Items */
            items: components["schemas"]["PlannedTold"][];
            /**
             * Next
             * @description What to ask for ``after``; null = this is the last page.
             */
            next: string | null;
            /**
             * Searched Newest
             * @description Only of a last page: so many of the newest were looked at for what has no index, and there are
             *     older ones; not there = there are none.
             * @default 0
             */
            searched_newest: number;
        };
        /** Page[ReplayTold] */
        Page_ReplayTold_: {
            /** Items */
            items: components["schemas"]["ReplayTold"][];
            /**
             * Next
             * @description What to ask for ``after``; null = this is the last page.
             */
            next: string | null;
            /**
             * Searched Newest
             * @description Only of a last page: so many of the newest were looked at for what has no index, and there are
             *     older ones; not there = there are none.
             * @default 0
             */
            searched_newest: number;
        };
        /** Page[RuleTold] */
        Page_RuleTold_: {
            /** Items */
            items: components["schemas"]["RuleTold"][];
            /**
             * Next
             * @description What to ask for ``after``; null = this is the last page.
             */
            next: string | null;
            /**
             * Searched Newest
             * @description Only of a last page: so many of the newest were looked at for what has no index, and there are
             *     older ones; not there = there are none.
             * @default 0
             */
            searched_newest: number;
        };
        /** Page[ScheduleTold] */
        Page_ScheduleTold_: {
            /** Items */
            items: components["schemas"]["ScheduleTold"][];
            /**
             * Next
             * @description What to ask for ``after``; null = this is the last page.
             */
            next: string | null;
            /**
             * Searched Newest
             * @description Only of a last page: so many of the newest were looked at for what has no index, and there are
             *     older ones; not there = there are none.
             * @default 0
             */
            searched_newest: number;
        };
        /** Page[StationTold] */
        Page_StationTold_: {
            /** Items */
            items: components["schemas"]["StationTold"][];
            /**
             * Next
             * @description What to ask for ``after``; null = this is the last page.
             */
            next: string | null;
            /**
             * Searched Newest
             * @description Only of a last page: so many of the newest were looked at for what has no index, and there are
             *     older ones; not there = there are none.
             * @default 0
             */
            searched_newest: number;
        };
        /** Page[StepTold] */
        Page_StepTold_: {
            /** Items */
            items: components["schemas"]["StepTold"][];
            /**
             * Next
             * @description What to ask for ``after``; null = this is the last page.
             */
            next: string | null;
            /**
             * Searched Newest
             * @description Only of a last page: so many of the newest were looked at for what has no index, and there are
             *     older ones; not there = there are none.
             * @default 0
             */
            searched_newest: number;
        };
        /** Page[VersionTold] */
        Page_VersionTold_: {
            /** Items */
            items: components["schemas"]["VersionTold"][];
            /**
             * Next
             * @description What to ask for ``after``; null = this is the last page.
             */
            next: string | null;
            /**
             * Searched Newest
             * @description Only of a last page: so many of the newest were looked at for what has no index, and there are
             *     older ones; not there = there are none.
             * @default 0
             */
            searched_newest: number;
        };
        /** Page[WorkerTold] */
        Page_WorkerTold_: {
            /** Items */
            items: components["schemas"]["WorkerTold"][];
            /**
             * Next
             * @description What to ask for ``after``; null = this is the last page.
             */
            next: string | null;
            /**
             * Searched Newest
             * @description Only of a last page: so many of the newest were looked at for what has no index, and there are
             *     older ones; not there = there are none.
             * @default 0
             */
            searched_newest: number;
        };
        /** Page[WorkflowTold] */
        Page_WorkflowTold_: {
            /** Items */
            items: components["schemas"]["WorkflowTold"][];
            /**
             * Next
             * @description What to ask for ``after``; null = this is the last page.
             */
            next: string | null;
            /**
             * Searched Newest
             * @description Only of a last page: so many of the newest were looked at for what has no index, and there are
             *     older ones; not there = there are none.
             * @default 0
             */
            searched_newest: number;
        };
        /**
         * Paged
         * @description The query of a list.
         */
        Paged: {
            /**
             * After
             * @description The ``next`` of the page before; empty = the first page.
             * @default
             */
            after: string;
            /**
             * Limit
             * @default 50
             */
            limit: number;
        };
        /**
         * PlanTold
         * @description What a replay would do.
         */
        PlanTold: {
            /** Total */
            total: number;
            /** Looked At */
            looked_at: number;
            /**
             * Counts
             * @description How many of those looked at, by word.
             */
            counts: {
                [key: string]: number;
            };
            effects: components["schemas"]["EffectsTold"];
            page: components["schemas"]["Page_PlannedTold_"];
        };
        /**
         * PlannedTold
         * @description What would be done with one item.
         */
        PlannedTold: {
            /**
             * Object Id
             * Format: uuid
             */
            object_id: string;
            /**
             * N
             * @description Its number in the selection.
             */
            n: number;
            /**
             * Word
             * @description ``eligible``, ``succeeded_since``, ``invalid_edit``, ``undone``, ``definition_gone``,
             *     ``not_open`` or ``on_its_way``.
             */
            word: string;
            /** Workflow */
            workflow: string;
            /**
             * Why
             * @description Only with ``view_payload``, as the rest.
             * @default
             */
            why: string;
            /**
             * Before
             * @description Of an edit: the data as they are, and as they would be.
             */
            before?: unknown;
            /** After */
            after?: unknown;
        };
        /**
         * Problem
         * @description How anything is refused (RFC 9457).
         */
        Problem: {
            /**
             * Type
             * @description ``urn:flowengine:`` and the code.
             */
            type: string;
            /** Title */
            title: string;
            /** Status */
            status: number;
            /**
             * Detail
             * @description For people: what, and the way out.
             */
            detail: string;
            /**
             * Code
             * @description ``FE`` and three digits, as in the reference of errors.
             */
            code: string;
            /**
             * Instance
             * @description The path that was asked.
             */
            instance: string;
            /**
             * Errors
             * @description Where a request does not fit: each ``place`` (``query.limit``) with its ``message``.
             * @default []
             */
            errors: {
                [key: string]: string;
            }[];
        };
        /**
         * ProblemFound
         * @description One thing that is wrong, as ``flow check`` says it.
         */
        ProblemFound: {
            /**
             * Line
             * @description From 1.
             */
            line: number;
            /**
             * Column
             * @description From 1, in characters.
             */
            column: number;
            /** Code */
            code: string;
            /** Message */
            message: string;
            /**
             * Hint
             * @description The way out: ``did you mean 'delay'?``; may be empty.
             */
            hint: string;
            /**
             * Path
             * @description Where in the file: ``steps[1].retry``; may be empty.
             */
            path: string;
            /**
             * Is Warning
             * @description It is fit for use in spite of it.
             */
            is_warning: boolean;
        };
        /**
         * ProducerTold
         * @description Who sends events of a type.
         */
        ProducerTold: {
            /**
             * Kind
             * @enum {string}
             */
            kind: "model" | "signal" | "step" | "webhook" | "engine";
            /**
             * Name
             * @description The model's label, the function of the data, the workflow, or the sender of the webhook.
             */
            name: string;
            /**
             * Detail
             * @description The action upon the model, the id of the step; else empty.
             */
            detail: string;
        };
        /**
         * Reason
         * @description Why; kept with what is done.
         */
        Reason: {
            /** Reason */
            reason: string;
        };
        /**
         * Removed
         * @description It is not there any more.
         */
        Removed: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
        };
        /**
         * ReplayPlan
         * @description What is to be looked at; ``after`` and ``limit`` are of the items.
         */
        ReplayPlan: {
            /**
             * After
             * @description The ``next`` of the page before; empty = the first page.
             * @default
             */
            after: string;
            /**
             * Limit
             * @default 50
             */
            limit: number;
            /**
             * Selection Id
             * Format: uuid
             */
            selection_id: string;
            /**
             * Mode
             * @enum {string}
             */
            mode: "event" | "restart" | "resume";
            /**
             * @default {
             *       "workflow": "",
             *       "edit": [],
             *       "edits": {},
             *       "set": {},
             *       "output": null,
             *       "skip": false,
             *       "new_keys": false,
             *       "even_if_succeeded": false,
             *       "suppress_notify": false
             *     }
             */
            options: components["schemas"]["OptionsGiven"];
        };
        /**
         * ReplayStart
         * @description What is to be done.
         */
        ReplayStart: {
            /** Reason */
            reason: string;
            /**
             * Selection Id
             * Format: uuid
             */
            selection_id: string;
            /**
             * Mode
             * @enum {string}
             */
            mode: "event" | "restart" | "resume";
            /**
             * @default {
             *       "workflow": "",
             *       "edit": [],
             *       "edits": {},
             *       "set": {},
             *       "output": null,
             *       "skip": false,
             *       "new_keys": false,
             *       "even_if_succeeded": false,
             *       "suppress_notify": false
             *     }
             */
            options: components["schemas"]["OptionsGiven"];
            /**
             * @default {
             *       "canary": 0,
             *       "rate": 10,
             *       "in_flight": 100,
             *       "stop_percent": 20,
             *       "stop_in_row": 10
             *     }
             */
            pace: components["schemas"]["PaceGiven"];
        };
        /**
         * ReplayTold
         * @description A replay, or an act that sends nothing: ``discard``, ``cancel``, ``hold``, ``release``.
         *
         *     Of the latter what it has fitted has ``succeeded``, what it has not is ``skipped``; nothing is paced.
         */
        ReplayTold: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /**
             * Selection Id
             * Format: uuid
             */
            selection_id: string;
            /**
             * Kind
             * @description Of what was chosen: ``dead_letter``, ``run`` or ``event``.
             */
            kind: string;
            /**
             * Words
             * @description What was chosen, for people.
             */
            words: string;
            /**
             * Mode
             * @enum {string}
             */
            mode: "event" | "restart" | "resume" | "discard" | "cancel" | "hold" | "release";
            /**
             * State
             * @enum {string}
             */
            state: "proposed" | "canary" | "running" | "paused" | "stopped" | "done";
            /** By */
            by: string;
            /** Reason */
            reason: string;
            /** Door */
            door: string;
            /** Approver */
            approver: string;
            /** Total */
            total: number;
            /** Sent */
            sent: number;
            /** Succeeded */
            succeeded: number;
            /** Failed */
            failed: number;
            /** Skipped */
            skipped: number;
            pace: components["schemas"]["PaceGiven"];
            /** Workflow */
            workflow: string;
            /** Is Edited */
            is_edited: boolean;
            /** New Keys */
            new_keys: boolean;
            /** Even If Succeeded */
            even_if_succeeded: boolean;
            /** Suppress Notify */
            suppress_notify: boolean;
            /**
             * Verdict
             * @description Empty = it is not over.
             */
            verdict: string;
            /** Stopped Why */
            stopped_why: string;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Ended At */
            ended_at: string | null;
            /**
             * Expires At
             * @description Of a proposed or paused one: it is stopped then, unless somebody lets it go on before. Null of
             *     all others.
             */
            expires_at: string | null;
            /**
             * Options
             * @description All of them, with the edits; only with ``view_payload``.
             * @default {}
             */
            options: {
                [key: string]: unknown;
            };
        };
        /**
         * Resumption
         * @description How to go on with what failed.
         */
        Resumption: {
            /** Reason */
            reason: string;
            /**
             * Inputs
             * @description Corrected inputs, by name.
             */
            inputs?: {
                [key: string]: unknown;
            } | null;
            /** Output */
            output?: unknown;
            /**
             * Is Done
             * @description It was done by hand; *output* is what it left.
             * @default false
             */
            is_done: boolean;
            /**
             * Skip
             * @default false
             */
            skip: boolean;
        };
        /**
         * RuleGiven
         * @description A rule to be made.
         */
        RuleGiven: {
            /**
             * What
             * @enum {string}
             */
            what: "run.failed" | "cause.new" | "cause.regressed" | "station.closed" | "station.unserved" | "approval.asked" | "worker.silent";
            /**
             * Filter
             * @default
             */
            filter: string;
            /**
             * Group
             * @description The name of a group to be told, with ``share_rule`` and a reason; empty = tell me.
             * @default
             */
            group: string;
            /**
             * Mail
             * @default false
             */
            mail: boolean;
            /**
             * Per Hour
             * @default 10
             */
            per_hour: number;
            /**
             * Reason
             * @default
             */
            reason: string;
        };
        /**
         * RuleTold
         * @description A rule.
         */
        RuleTold: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /**
             * What
             * @enum {string}
             */
            what: "run.failed" | "cause.new" | "cause.regressed" | "station.closed" | "station.unserved" | "approval.asked" | "worker.silent";
            /**
             * Filter
             * @description Words that must all stand in it; ``workflow:order`` for one workflow. Empty = each.
             */
            filter: string;
            /**
             * Group
             * @description The name of the group that is told; empty = this user is.
             */
            group: string;
            /**
             * Mail
             * @description By e-mail too, where it was not seen in time.
             */
            mail: boolean;
            /**
             * Per Hour
             * @description Notifications at most; what more there is to tell is said together.
             */
            per_hour: number;
            /** Is Muted */
            is_muted: boolean;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /**
             * Created By
             * @description The key of a user.
             */
            created_by: string;
            /**
             * Sent
             * @description Notifications in its hour.
             */
            sent: number;
            /**
             * Kept Back
             * @description What it has not told of in its hour.
             */
            kept_back: number;
        };
        /**
         * RunPayload
         * @description What went into a run and came out.
         */
        RunPayload: {
            /**
             * Inputs
             * @description Null = it works with the event's data itself.
             */
            inputs: unknown;
            /** Output */
            output: unknown;
            failure: components["schemas"]["FailureTold"] | null;
        };
        /**
         * ScheduleTold
         * @description One ``schedule`` trigger of a workflow.
         */
        ScheduleTold: {
            /** Workflow */
            workflow: string;
            /**
             * Trigger
             * @description Its index in the file's ``on``.
             */
            trigger: number;
            /** Cron */
            cron: string;
            /**
             * Words
             * @description The same in words, in English.
             */
            words: string;
            /**
             * Timezone
             * @description Whose clock on the wall it goes by.
             */
            timezone: string;
            /**
             * Missed
             * @description What becomes of ticks that nobody was there for: told once together, or not at all.
             * @enum {string}
             */
            missed: "once" | "skip";
            /**
             * Is Enabled
             * @description False: the workflow takes no new runs, and ticks pass by.
             */
            is_enabled: boolean;
            /**
             * Due At
             * @description The tick that is to be told next; past = the beat is late. Null = there is none any more, or
             *     the time zone is not installed where the beat is.
             */
            due_at: string | null;
            /**
             * Next
             * @description The next five ticks from now on.
             */
            next: string[];
            /**
             * Ticked At
             * @description The last tick that became an event; null = none has.
             */
            ticked_at: string | null;
            /**
             * Event Id
             * @description The event of the last tick.
             */
            event_id: string | null;
            /**
             * Outcome
             * @description What the workflow answered to it: ``started``, ``skipped`` …; empty = nothing yet, or it is
             *     forgotten.
             */
            outcome: string;
            /**
             * Run Id
             * @description Its run, where there is one that this user may see.
             */
            run_id: string | null;
            /**
             * Run State
             * @description How that run stands; else empty.
             */
            run_state: string;
        };
        /**
         * SegmentTold
         * @description A stretch of time in which a row was at one thing.
         */
        SegmentTold: {
            /**
             * Kind
             * @description ``queued``, ``running``, ``delay`` (before the next try), ``waiting``, ``block``, ``rescuing``; of
             *     the run itself also ``held``, ``cancelling``, ``compensating``.
             */
            kind: string;
            /**
             * Begin
             * Format: date-time
             */
            begin: string;
            /**
             * End
             * @description Null = it goes on.
             */
            end: string | null;
            /** Attempt */
            attempt: number | null;
            /**
             * Result
             * @description ``succeeded``, ``failed``, ``lost``, ``returned``, ``cancelled``; empty = nothing of that kind.
             */
            result: string;
        };
        /**
         * SelectionTold
         * @description What was chosen.
         */
        SelectionTold: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Kind */
            kind: string;
            /**
             * Query
             * @description Without ``view_payload``, ``…`` stands for words that are looked for in error texts.
             */
            query: string;
            /**
             * Words
             * @description The same for people.
             */
            words: string;
            /** Count */
            count: number;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Created By */
            created_by: string;
        };
        /**
         * Sent
         * @description What was sent.
         */
        Sent: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /**
             * Run Ids
             * @description The run of each workflow whose pattern matches; a filter may keep it from starting.
             */
            run_ids: {
                [key: string]: string;
            };
        };
        /**
         * SessionTold
         * @description Who is signed in.
         */
        SessionTold: {
            /**
             * User
             * @description The user's key.
             */
            user: string;
            /** Name */
            name: string;
            /**
             * Permissions
             * @description Those of flowengine that the user has, without the ``flowengine.``.
             */
            permissions: string[];
        };
        /**
         * Since
         * @description Compared with which version.
         */
        Since: {
            /**
             * Since
             * @description A digest.
             */
            since: string;
        };
        /**
         * Snooze
         * @description Until when nobody wants to hear of it.
         */
        Snooze: {
            /** Reason */
            reason: string;
            /**
             * Until
             * @description Null = that is over.
             */
            until: string | null;
        };
        /**
         * SourceTold
         * @description Where events of a type came from.
         */
        SourceTold: {
            /**
             * Source
             * @description Null = this project's own.
             */
            source: string | null;
            /**
             * N
             * @description Of the newest 500 of the type.
             */
            n: number;
        };
        /**
         * Split
         * @description By what its letters are told apart.
         */
        Split: {
            /** Reason */
            reason: string;
            /** Field */
            field: string;
        };
        /**
         * StationTold
         * @description A station.
         */
        StationTold: {
            /** Name */
            name: string;
            /**
             * Door
             * @description ``paused`` by people; ``parked``, ``probing`` and ``draining`` by the breaker.
             * @enum {string}
             */
            door: "open" | "paused" | "parked" | "probing" | "draining";
            /**
             * Ready
             * @description Steps that could begin; more than 10,000 are not counted.
             */
            ready: number;
            /**
             * Since
             * @description Null = nobody has spoken of it.
             */
            since: string | null;
            /**
             * Due At
             * @description The next probe, or the end of one, or of draining.
             */
            due_at: string | null;
            /**
             * By
             * @description The key of the user whose word it is; empty = the breaker's.
             */
            by: string;
            /**
             * Fingerprint
             * @description Of the cause that closed it.
             */
            fingerprint: string;
            /**
             * Trips
             * @description Of the breaker: the failures that closed it first, and probes that failed since.
             */
            trips: number;
            /**
             * Oldest At
             * @description What waits longest there waits since then.
             */
            oldest_at: string | null;
            /** Busy */
            busy: number;
            /**
             * Limit
             * @description Attempts that the living workers which serve it can make at the same time.
             */
            limit: number;
            /** Workers */
            workers: number;
            /**
             * Is Served
             * @description A living worker takes from it; else what waits there waits without end.
             */
            is_served: boolean;
            /**
             * Retrying
             * @description Steps that will be tried again there; of each step, more than 200 are not counted.
             */
            retrying: number;
            /**
             * In Per S
             * @description What became ready there in the last minute, by its seconds, as far as workers brought it about; a
             *     step that is tried again comes again.
             */
            in_per_s: number;
            /**
             * Out Per S
             * @description What ended there, well or badly, in the last minute, by its seconds.
             */
            out_per_s: number;
            /**
             * P95 Ms
             * @description Of the last minute; null = nothing ended.
             */
            p95_ms: number | null;
            /**
             * Failed Share
             * @description Of what ended in the last minute, 0 to 1.
             */
            failed_share: number;
            /**
             * Last At
             * @description When something last ended there.
             */
            last_at: string | null;
            /** @description Null = as much at the same time as its workers have places. */
            cap: components["schemas"]["CapTold"] | null;
            /**
             * Dead
             * @description Open dead letters of its steps, of the thousand causes that came last; only with
             *     ``view_dead_letter``.
             */
            dead?: number | null;
            /**
             * Reason
             * @description Why it is not open; of the breaker's only with ``view_payload``.
             * @default
             */
            reason: string;
        };
        /**
         * StepPayload
         * @description What went into a step and came out.
         */
        StepPayload: {
            /**
             * Value
             * @description Of an item of a loop: the item.
             */
            value: unknown;
            /** Input */
            input: unknown;
            /** Output */
            output: unknown;
            /**
             * Answers
             * @description Of an approval: what people said.
             */
            answers: unknown;
            failure: components["schemas"]["FailureTold"] | null;
        };
        /**
         * StepTold
         * @description One row: a step, a loop, an item of a loop, or an undo.
         */
        StepTold: {
            /** Step */
            step: string;
            /** Item */
            item: string;
            /** Kind */
            kind: string;
            /** Title */
            title: string;
            /** Task */
            task: string;
            /** Station */
            station: string;
            /** State */
            state: string;
            /** Attempt */
            attempt: number;
            /** Tries */
            tries: number;
            /** Crashes */
            crashes: number;
            /** Doubt */
            doubt: string;
            /** Worker Id */
            worker_id: string | null;
            /**
             * Idempotency Key
             * @description What its task hands to other systems, in each of its attempts; null = it is no task.
             */
            idempotency_key: string | null;
            /** Progress */
            progress: number | null;
            /** Note */
            note: string;
            failure: components["schemas"]["FailureTold"] | null;
            /** Due At */
            due_at: string | null;
            /** Ready At */
            ready_at: string | null;
            /** First Started At */
            first_started_at: string | null;
            /** Started At */
            started_at: string | null;
            /** Finished At */
            finished_at: string | null;
        };
        /**
         * StopTold
         * @description A step on the way of a workflow.
         */
        StopTold: {
            /** Step */
            step: string;
            /** Title */
            title: string;
            /**
             * Kind
             * @description The key it is written with; ``undo``.
             */
            kind: string;
            /**
             * Line
             * @enum {string}
             */
            line: "line" | "on_failure" | "finally" | "undo";
            /**
             * Block
             * @description The step that it is inside.
             */
            block: string | null;
            /**
             * Branch
             * @description Which branch, clause or rescue of that.
             */
            branch: number | null;
            /** Loop */
            loop: boolean;
            /**
             * Station
             * @description The id of the station where it is worked at; null = it needs no worker.
             */
            station: string | null;
            /**
             * Waiting
             * @description What waits there for time, an event, people or another run.
             */
            waiting: number;
            /**
             * Waiting More
             * @description There are more than were counted.
             */
            waiting_more: boolean;
            /** Tokens */
            tokens: components["schemas"]["TokenTold"][];
        };
        /**
         * TestEvent
         * @description A test event.
         */
        TestEvent: {
            /** Reason */
            reason: string;
            /** Type */
            type: string;
            /**
             * Data
             * @description Any JSON; checked against the registered type.
             */
            data?: unknown;
            /** Subject */
            subject?: string | null;
        };
        /**
         * Text
         * @description A text that is in no file.
         */
        Text: {
            /**
             * Source
             * @description YAML; at most 256 KiB.
             */
            source: string;
        };
        /**
         * TimelineTold
         * @description The whole of a run.
         */
        TimelineTold: {
            /**
             * At
             * Format: date-time
             * @description The present: as far as what goes on has come.
             */
            at: string;
            /**
             * Is Whole
             * @description False = its history is long: what was tried before a resume, and early waits, are not told.
             */
            is_whole: boolean;
            run: components["schemas"]["BarTold"];
            /**
             * Bars
             * @description Of the steps that stand in no loop, in the order in which they began.
             */
            bars: components["schemas"]["BarTold"][];
        };
        /**
         * TokenTold
         * @description A run that stands somewhere.
         */
        TokenTold: {
            /**
             * Run
             * @description Null = the project decides itself who may see which run.
             */
            run: string | null;
            /** Title */
            title: string;
            /**
             * Subject
             * @description Of the event that caused it.
             */
            subject: string | null;
            /** Workflow */
            workflow: string;
            /** Step */
            step: string;
            /** Item */
            item: string;
            /**
             * State
             * @enum {string}
             */
            state: "queued" | "running" | "waiting" | "retrying";
            /** Since */
            since: string | null;
        };
        /**
         * TrialTold
         * @description What the workflow would do with the event, up to its first tasks.
         */
        TrialTold: {
            /**
             * Outcome
             * @description ``match``, ``no_match``, ``filter_error``, ``bad_input``, ``other_events``.
             */
            outcome: string;
            /** Detail */
            detail: string;
            /**
             * Triggers
             * @description Each that speaks of such events, with its filter clause by clause, as in an explanation.
             */
            triggers: {
                [key: string]: unknown;
            }[];
            /** Title */
            title: string;
            /** Inputs */
            inputs: unknown;
            /**
             * Keys
             * @description The value of each gate's key; what the gates would say is not asked.
             */
            keys: {
                [key: string]: string;
            };
            /** Steps */
            steps: components["schemas"]["BeganTold"][];
            /** Emits */
            emits: components["schemas"]["EmittedTold"][];
            /**
             * Ended
             * @description It needs no task: how the run would end; else empty.
             */
            ended: string;
        };
        /**
         * TryTold
         * @description How one attempt failed.
         */
        TryTold: {
            /** Attempt */
            attempt: number;
            /** Code */
            code: string;
            /** Frames */
            frames: components["schemas"]["FrameTold"][];
            /** Worker */
            worker: string;
            /**
             * Version
             * @description Of the project, as that process had it.
             */
            version: string;
            /** Started At */
            started_at: string | null;
            /** Ended At */
            ended_at: string | null;
            /**
             * Message
             * @description Only with ``view_payload``, as the rest.
             * @default
             */
            message: string;
            /**
             * Traceback
             * @default
             */
            traceback: string;
            /**
             * Log
             * @description The last lines that it has logged: 4,000 characters at most.
             * @default
             */
            log: string;
        };
        /**
         * TypeTold
         * @description One event type.
         */
        TypeTold: {
            /** Type */
            type: string;
            /** Is Registered */
            is_registered: boolean;
            /**
             * Data Schema
             * @description JSON Schema of the data; null = it is not known, or cannot be said so.
             */
            data_schema: unknown;
            /**
             * Near
             * @description Nobody listens to it, and this is what it was probably meant to be.
             */
            near: string | null;
            /**
             * Last At
             * @description The newest of the last 24 hours.
             */
            last_at: string | null;
            /**
             * Minutes
             * @description How many came in each of the last 60 minutes, the oldest first.
             */
            minutes: number[];
            /**
             * Hours
             * @description How many came in each of the last 24 hours, the oldest first.
             */
            hours: number[];
            /**
             * Counted Since
             * @description Only the newest 5,000 are counted: those since then. Null = all.
             */
            counted_since: string | null;
            /** Sources */
            sources: components["schemas"]["SourceTold"][];
            /** Producers */
            producers: components["schemas"]["ProducerTold"][];
            /** Consumers */
            consumers: components["schemas"]["ConsumerTold"][];
        };
        /**
         * VersionTold
         * @description One version.
         */
        VersionTold: {
            /** Digest */
            digest: string;
            /** Workflow */
            workflow: string;
            /** Path */
            path: string;
            /**
             * Is Active
             * @description New runs take it, or would if the workflow were enabled.
             */
            is_active: boolean;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /**
             * Open Runs
             * @description Runs of it that are not over; 1,000 = so many or more.
             */
            open_runs: number;
        };
        /**
         * ViewGiven
         * @description What to keep.
         */
        ViewGiven: {
            /**
             * Kind
             * @enum {string}
             */
            kind: "run" | "event" | "dead_letter";
            /**
             * Name
             * @description 1 to 60 characters; one of that name is another from now on.
             */
            name: string;
            /** Q */
            q: string;
            /**
             * Is Team
             * @description Everybody's; needs ``share_view``.
             * @default false
             */
            is_team: boolean;
        };
        /**
         * ViewTold
         * @description A filter under a name.
         */
        ViewTold: {
            /**
             * Id
             * @description null = it is always there.
             */
            id: string | null;
            /**
             * Kind
             * @enum {string}
             */
            kind: "run" | "event" | "dead_letter";
            /** Name */
            name: string;
            /** Q */
            q: string;
            /** Is Team */
            is_team: boolean;
            /**
             * Created By
             * @description The key of a user; empty = it is always there.
             */
            created_by: string;
            /**
             * Problem
             * @description Why the filter is not understood any more; empty = it is.
             */
            problem: string;
        };
        /**
         * ViewsTold
         * @description All that somebody may choose from.
         */
        ViewsTold: {
            /**
             * Items
             * @description Those always there, the team's, one's own.
             */
            items: components["schemas"]["ViewTold"][];
        };
        /**
         * WaitTold
         * @description One reason why a run waits.
         */
        WaitTold: {
            /**
             * Cause
             * @description ``unserved``, ``paused``, ``parked``, ``draining``, ``capped``, ``busy``, ``soon``, ``event``,
             *     ``sleep``, ``approval``, ``child``, ``retry``, ``limit``, ``place``, ``slot``, ``expiry``, ``turn``,
             *     ``held``, ``holding``, ``stopping``.
             */
            cause: string;
            /**
             * Text
             * @description One sentence, without times; with values and what an error says only for ``view_payload``.
             */
            text: string;
            /**
             * Step
             * @description The step that waits; empty = the run itself.
             */
            step: string;
            /** Item */
            item: string;
            /**
             * Title
             * @description Of the step.
             */
            title: string;
            /**
             * Others
             * @description More items of the same step that wait for the same, as far as was counted.
             */
            others: number;
            /** Since */
            since: string | null;
            /** Until */
            until: string | null;
            /**
             * Until Word
             * @description How *until* is read: ``until``, ``again``, ``not before``, ``next try``, ``given up``.
             */
            until_word: string;
            act: components["schemas"]["HelpTold"] | null;
        };
        /**
         * WhichItem
         * @description Which row of a step.
         */
        WhichItem: {
            /**
             * Item
             * @description In a loop, the number of the item from 0; in a loop in a loop ``3.7``.
             * @default
             */
            item: string;
        };
        /**
         * WorkerTold
         * @description A worker process.
         */
        WorkerTold: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /** Name */
            name: string;
            /** Host */
            host: string;
            /** Pid */
            pid: number;
            /** Stations */
            stations: string[];
            /**
             * Version
             * @description Of flowengine.
             */
            version: string;
            /**
             * Project Version
             * @description Of the project; empty = it does not say one.
             */
            project_version: string;
            /**
             * Concurrency
             * @description Attempts that it makes at the same time.
             */
            concurrency: number;
            /** State */
            state: string;
            /**
             * Wanted
             * @description What people want it to be, ``alive`` or ``draining``; it hears so with its next heartbeat.
             */
            wanted: string;
            /**
             * Wanted Since
             * @description Null = nobody has said anything.
             */
            wanted_since: string | null;
            /**
             * Wanted By
             * @description The key of the user whose word it is.
             */
            wanted_by: string;
            /** Wanted Reason */
            wanted_reason: string;
            /**
             * Is Alive
             * @description Its lease has not run out.
             */
            is_alive: boolean;
            /**
             * Is Silent
             * @description It has not ended, and was not heard of for two thirds of a lease.
             */
            is_silent: boolean;
            /**
             * Is Behind
             * @description It is alive, and of other versions than the process that was started last.
             */
            is_behind: boolean;
            /** Busy */
            busy: number;
            /**
             * Per S
             * @description Attempts that ended in the last minute, by its seconds.
             */
            per_s: number;
            /**
             * Now
             * @description At most four, those that began first.
             */
            now: components["schemas"]["AttemptTold"][];
            /**
             * Due At
             * @description The end of its lease; null = it has ended.
             */
            due_at: string | null;
            /**
             * Started At
             * Format: date-time
             */
            started_at: string;
            /**
             * Seen At
             * Format: date-time
             */
            seen_at: string;
            /**
             * Consumed At
             * @description When it last took work.
             */
            consumed_at: string | null;
        };
        /**
         * WorkflowTold
         * @description A workflow, and the version that takes new runs.
         */
        WorkflowTold: {
            /** Name */
            name: string;
            /** Digest */
            digest: string;
            /** Is Enabled */
            is_enabled: boolean;
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
            /**
             * Open Runs
             * @description Runs of any version that are not over; 1,000 = so many or more.
             */
            open_runs: number;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    get_floor: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FloorTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_floor_of_workflow: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                workflow: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FloorTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_runs: {
        parameters: {
            query?: {
                /** @description The ``next`` of the page before; empty = the first page. */
                after?: string;
                limit?: number;
                /** @description ``state:failed workflow:order since:2h``; see the reference. */
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ListedRunTold_"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OneRunTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_history: {
        parameters: {
            query?: {
                /** @description The ``next`` of the page before; empty = the first page. */
                after?: string;
                limit?: number;
            };
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_FactTold_"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_steps: {
        parameters: {
            query?: {
                /** @description The ``next`` of the page before; empty = the first page. */
                after?: string;
                limit?: number;
            };
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_StepTold_"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_run_payload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunPayload"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_step_payload: {
        parameters: {
            query?: {
                /** @description In a loop, the number of the item from 0; in a loop in a loop ``3.7``. */
                item?: string;
            };
            header?: never;
            path: {
                run_id: string;
                step: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StepPayload"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancel_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Acted"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resume_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Resumption"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Acted"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    give_up_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Acted"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    hold_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Acted"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    release_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Acted"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_step_logs: {
        parameters: {
            query?: {
                /** @description In a loop, the number of the item from 0; in a loop in a loop ``3.7``. */
                item?: string;
            };
            header?: never;
            path: {
                run_id: string;
                step: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogsTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_events: {
        parameters: {
            query?: {
                /** @description The ``next`` of the page before; empty = the first page. */
                after?: string;
                limit?: number;
                /** @description ``state:failed workflow:order since:2h``; see the reference. */
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_EventTold_"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    send_test_event: {
        parameters: {
            query?: never;
            header: {
                /** @description The same again is the same event. */
                "Idempotency-Key": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TestEvent"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sent"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_event: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                event_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_event_data: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                event_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventData"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    explain_event: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                event_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Explanations"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_event_types: {
        parameters: {
            query?: {
                /** @description The ``next`` of the page before; empty = the first page. */
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_EventTypeTold_"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_event_type: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                type: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TypeTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_dead_letters: {
        parameters: {
            query?: {
                /** @description The ``next`` of the page before; empty = the first page. */
                after?: string;
                limit?: number;
                /** @description ``state:failed workflow:order since:2h``; see the reference. */
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_LetterTold_"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_dead_letter: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                letter_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OneLetterTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_dead_letter_body: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                letter_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_groups: {
        parameters: {
            query?: {
                /** @description The ``next`` of the page before; empty = the first page. */
                after?: string;
                limit?: number;
                state?: ("new" | "acknowledged" | "replayed" | "resolved" | "regressed") | null;
                /** @description ``failed run`` … */
                kind?: string;
                /** @description The key of a user; empty = nobody's. */
                owner?: string | null;
                /**
                 * @description Somewhere in the title, the class or the place, of the newest 10,000 causes; ``searched_newest``
                 *     says where there are older ones. Needs ``view_payload``.
                 */
                text?: string;
                /** @description Also those without an open letter. */
                with_closed?: boolean;
                /** @description Also those that nobody wants to hear of now. */
                with_snoozed?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ListedGroupTold_"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_group: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                group_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OneGroupTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    acknowledge_group: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                group_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OneGroupTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    assign_group: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                group_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Assignment"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OneGroupTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    note_group: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                group_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Note"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OneGroupTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    snooze_group: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                group_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Snooze"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OneGroupTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resolve_group: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                group_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OneGroupTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    merge_groups: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                group_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Merge"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OneGroupTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    split_group: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                group_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Split"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OneGroupTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_selection: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Choice"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SelectionTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_selection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                selection_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SelectionTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_selection_items: {
        parameters: {
            query?: {
                /** @description The ``next`` of the page before; empty = the first page. */
                after?: string;
                limit?: number;
            };
            header?: never;
            path: {
                selection_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ItemTold_"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    plan_replay: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReplayPlan"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_replays: {
        parameters: {
            query?: {
                /** @description The ``next`` of the page before; empty = the first page. */
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ReplayTold_"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    start_replay: {
        parameters: {
            query?: never;
            header: {
                /** @description The same again is the same replay. */
                "Idempotency-Key": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReplayStart"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    discard: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Discarding"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancel_runs: {
        parameters: {
            query?: never;
            header: {
                /** @description The same again is the same replay. */
                "Idempotency-Key": string;
            };
            path: {
                selection_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    hold_runs: {
        parameters: {
            query?: never;
            header: {
                /** @description The same again is the same replay. */
                "Idempotency-Key": string;
            };
            path: {
                selection_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    release_runs: {
        parameters: {
            query?: never;
            header: {
                /** @description The same again is the same replay. */
                "Idempotency-Key": string;
            };
            path: {
                selection_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_replay: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                replay_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_replay_items: {
        parameters: {
            query?: {
                /** @description The ``next`` of the page before; empty = the first page. */
                after?: string;
                limit?: number;
                state?: "" | "pending" | "sent" | "succeeded" | "failed" | "skipped" | "refused";
            };
            header?: never;
            path: {
                replay_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ItemTold_"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    approve_replay: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                replay_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pause_replay: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                replay_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resume_replay: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                replay_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    slow_replay: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                replay_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stop_replay: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                replay_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_workflows: {
        parameters: {
            query?: {
                /** @description The ``next`` of the page before; empty = the first page. */
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_WorkflowTold_"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_workflow: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    disable_workflow: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    enable_workflow: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkflowTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_versions: {
        parameters: {
            query?: {
                /** @description The ``next`` of the page before; empty = the first page. */
                after?: string;
                limit?: number;
            };
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_VersionTold_"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_definition: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                digest: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DefinitionTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_drawing: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                digest: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_changes: {
        parameters: {
            query: {
                /** @description A digest. */
                since: string;
            };
            header?: never;
            path: {
                digest: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Changes"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    check_text: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Text"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    try_text: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                event_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Text"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrialTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_schedules: {
        parameters: {
            query?: {
                /** @description The ``next`` of the page before; empty = the first page. */
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ScheduleTold_"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_stations: {
        parameters: {
            query?: {
                /** @description The ``next`` of the page before; empty = the first page. */
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_StationTold_"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pause_station: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StationTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resume_station: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StationTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    drain_station: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StationTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    limit_station: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CapGiven"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StationTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_timeline: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TimelineTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_timeline_items: {
        parameters: {
            query?: {
                /** @description The ``next`` of the page before; empty = the first page. */
                after?: string;
                limit?: number;
                /** @description Of a loop in a loop: in which item of the outer ones, ``3``. */
                within?: string;
            };
            header?: never;
            path: {
                run_id: string;
                step: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_BarTold_"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_causes: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CausesTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_views: {
        parameters: {
            query: {
                kind: "run" | "event" | "dead_letter";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ViewsTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    save_view: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ViewGiven"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ViewTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remove_view: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                view_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Removed"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_workers: {
        parameters: {
            query?: {
                /** @description The ``next`` of the page before; empty = the first page. */
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_WorkerTold_"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    drain_worker: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                worker_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkerTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resume_worker: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                worker_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkerTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_notification_rules: {
        parameters: {
            query?: {
                /** @description The ``next`` of the page before; empty = the first page. */
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_RuleTold_"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    make_notification_rule: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RuleGiven"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RuleTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    mute_notification_rule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rule_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MaybeReason"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RuleTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    unmute_notification_rule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rule_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MaybeReason"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RuleTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remove_notification_rule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rule_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MaybeReason"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Removed"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionTold"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_approvals: {
        parameters: {
            query?: {
                /** @description The ``next`` of the page before; empty = the first page. */
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ApprovalTold_"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_audit: {
        parameters: {
            query?: {
                /** @description The ``next`` of the page before; empty = the first page. */
                after?: string;
                limit?: number;
                /** @description What it was done to: ``dead_group``, ``replay`` … */
                kind?: string;
                /** @description With *kind*: to which one. */
                object_id?: string;
                selection_id?: string | null;
                replay_id?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_AuditTold_"];
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}

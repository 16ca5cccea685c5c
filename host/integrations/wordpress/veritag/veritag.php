<?php
/**
 * Plugin Name: Veritag
 * Description: Tags images and videos of the media library with what Veritag finds in them.
 * Version: 0.1.0
 * Requires at least: 6.1
 * Requires PHP: 7.4
 * License: MIT OR Apache-2.0
 */

namespace Veritag;

defined( 'ABSPATH' ) || exit;

const TAXONOMY  = 'veritag';
const META      = '_veritag';
const PATIENCE  = 3;
const TOLERANCE = 300;
const HEARD     = array( 'assessment.completed', 'review.changed' );

// Without the first three nothing is told, the log says why, and no message is believed.
foreach ( array( 'URL' => '', 'TOKEN' => '', 'SECRET' => '', 'SOURCE' => 'wordpress' ) as $name => $value ) {
	defined( "VERITAG_$name" ) || define( "VERITAG_$name", $value );
}

add_action( 'init', __NAMESPACE__ . '\register_keywords' );
add_action( 'add_attachment', __NAMESPACE__ . '\tell_later' );
add_filter( 'wp_generate_attachment_metadata', __NAMESPACE__ . '\tell_of_new_file', 10, 2 );
add_action( 'rest_api_init', __NAMESPACE__ . '\register_rest' );
add_filter( 'rest_pre_dispatch', __NAMESPACE__ . '\show_to_authors_only' );
add_filter( 'attachment_fields_to_edit', __NAMESPACE__ . '\show_text', 10, 2 );

function register_keywords() {
	$keywords = array(
		'label'                 => __( 'Deepfake check', 'veritag' ),
		'public'                => false,
		'show_ui'               => true,
		'show_admin_column'     => true,
		'show_in_rest'          => true,
		'update_count_callback' => '_update_generic_term_count',
	);
	register_taxonomy( TAXONOMY, 'attachment', $keywords );
}

/** Once the request is done: only then does WordPress know the original of a large image. */
function tell_later( $id ) {
	static $ids = array();
	if ( ! $ids ) {
		add_action( 'shutdown', function () use ( &$ids ) { tell( array_keys( $ids ) ); }, PHP_INT_MAX );
	}
	$ids[ $id ] = true;
}

/** A file that takes the place of another gets new metadata, but is no new attachment. */
function tell_of_new_file( $metadata, $id ) {
	tell_later( $id );
	return $metadata;
}

function tell( $ids ) {
	if ( function_exists( 'fastcgi_finish_request' ) ) {
		fastcgi_finish_request();
	}
	$unreachable = null;
	foreach ( array_filter( $ids, __NAMESPACE__ . '\is_image_or_video' ) as $id ) {
		$answer = $unreachable ?? send( reference( $id ) );
		if ( is_wp_error( $answer ) ) {
			$unreachable = $answer; // An editor may be waiting, and not for each of them in vain.
			error_log( "Veritag was not told of attachment $id: " . $answer->get_error_message() );
		} elseif ( 202 !== wp_remote_retrieve_response_code( $answer ) ) {
			error_log( "Veritag was not told of attachment $id: " . wp_remote_retrieve_body( $answer ) );
		}
	}
}

function is_image_or_video( $id ) {
	return wp_attachment_is( 'image', $id ) || wp_attachment_is( 'video', $id );
}

function reference( $id ) {
	$original = wp_get_original_image_path( $id, true );
	$file     = $original ? $original : get_attached_file( $id, true );
	// Plugins that move uploads to a store name them as a file of a stream wrapper, or only by a filter.
	$file    = file_exists( $file ) ? $file : get_attached_file( $id );
	$changed = file_exists( $file ) ? filemtime( $file ) : get_post_modified_time( 'U', true, $id );
	$about   = array( 'name' => wp_basename( $file ), 'version' => "$id $changed", 'external' => (string) $id );
	return place( $file ) + $about;
}

/** Where a file is, as Veritag has it: an object for `s3://bucket/key`, else a path below the uploads. */
function place( $file ) {
	if ( preg_match( '#^s3[a-z0-9-]*://([^/]+)/(.+)$#is', $file, $parts ) ) {
		return array( 'bucket' => $parts[1], 'key' => $parts[2] );
	}
	if ( preg_match( '#^https?://#i', $file ) ) {
		return array( 'url' => $file );
	}
	return array( 'path' => str_replace( trailingslashit( wp_get_upload_dir()['basedir'] ), '', $file ) );
}

function send( $reference ) {
	$headers = array( 'Authorization' => 'Bearer ' . VERITAG_TOKEN, 'Content-Type' => 'application/json' );
	$request = array( 'timeout' => PATIENCE, 'redirection' => 0, 'headers' => $headers );
	$request['body'] = wp_json_encode( $reference );
	return wp_remote_post( untrailingslashit( VERITAG_URL ) . '/v1/assets', $request );
}

function register_rest() {
	$route = array( 'permission_callback' => __NAMESPACE__ . '\signed', 'callback' => __NAMESPACE__ . '\told' );
	register_rest_route( 'veritag/v1', '/tell', array( 'methods' => 'POST' ) + $route );
	$schema = array( 'type' => array( 'object', 'null' ), 'context' => array( 'edit' ), 'readonly' => true );
	$read   = function ( $attachment ) { return assessment( $attachment['id'] ); };
	register_rest_field( 'attachment', 'veritag_assessment', array( 'schema' => $schema, 'get_callback' => $read ) );
}

/** By Standard Webhooks (https://www.standardwebhooks.com). */
function signed( $request ) {
	$moment = (string) $request->get_header( 'webhook-timestamp' );
	$secret = base64_decode( preg_replace( '/^whsec_/', '', VERITAG_SECRET ), true );
	if ( $secret && ctype_digit( $moment ) && abs( time() - (int) $moment ) <= TOLERANCE ) {
		$content = $request->get_header( 'webhook-id' ) . ".$moment." . $request->get_body();
		$wanted  = 'v1,' . base64_encode( hash_hmac( 'sha256', $content, $secret, true ) );
		foreach ( explode( ' ', (string) $request->get_header( 'webhook-signature' ) ) as $shown ) {
			if ( hash_equals( $wanted, $shown ) ) {
				return true;
			}
		}
	}
	return new \WP_Error( 'veritag_signature', 'the signature is wrong or old', array( 'status' => 401 ) );
}

/** One Veritag may work for several libraries: what another source calls by the same number is not ours. */
function told( $request ) {
	$message = $request->get_json_params();
	$id      = (int) $message['data']['external'];
	$ours    = VERITAG_SOURCE === $message['data']['source'] && $id && 'attachment' === get_post_type( $id );
	if ( $ours && in_array( $message['type'], HEARD, true ) && $message['data']['assessment'] ) {
		$failure = give( $id, $message['data']['assessment'], strtotime( $message['timestamp'] ) );
	}
	return $failure ?? new \WP_REST_Response( null, 204 );
}

/**
 * In place of the keyword that was given before, if one was; one that was there already is not ours. What comes late
 * does not undo what is newer.
 */
function give( $id, $assessment, $at ) {
	if ( ( assessment( $id )['at'] ?? 0 ) > $at ) {
		return null;
	}
	$keyword = sanitize_text_field( $assessment['keyword'] );
	$term    = term_exists( $keyword, TAXONOMY );
	$term    = $term ? $term : wp_insert_term( $keyword, TAXONOMY );
	if ( is_wp_error( $term ) ) {
		return $term;
	}
	$term  = (int) $term['term_id'];
	$given = assessment( $id )['given'] ?? 0;
	if ( $given !== $term ) {
		wp_remove_object_terms( $id, $given, TAXONOMY );
		$given = has_term( $term, TAXONOMY, $id ) ? 0 : $term;
		wp_add_object_terms( $id, $given, TAXONOMY );
	}
	$found = array(
		'given'   => $given,
		'keyword' => $keyword,
		'verdict' => sanitize_key( $assessment['verdict'] ),
		'score'   => isset( $assessment['score'] ) ? (float) $assessment['score'] : null,
		'text'    => sanitize_text_field( $assessment['text'] ),
		'at'      => $at,
	);
	update_post_meta( $id, META, wp_slash( $found ) );
}

/** What was found and when: verdict, score, text, keyword, and the id of the term that was given, or 0. */
function assessment( $id ) {
	$found = get_post_meta( $id, META, true );
	return $found ? $found : null;
}

/** Whether a picture looks manipulated is not for everyone who can read it by REST. */
function show_to_authors_only( $result ) {
	get_taxonomy( TAXONOMY )->show_in_rest = current_user_can( 'upload_files' );
	return $result;
}

function show_text( $fields, $attachment ) {
	$found = assessment( $attachment->ID );
	if ( $found ) {
		$label = __( 'Deepfake check', 'veritag' );
		$text  = esc_html( $found['text'] );
		$fields['veritag_text'] = array( 'label' => $label, 'input' => 'html', 'html' => $text );
	}
	return $fields;
}
